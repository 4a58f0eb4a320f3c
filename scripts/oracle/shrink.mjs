/** Makes a failing model smaller while it still fails at the same stage. */

const clone = (value) => structuredClone(value);

function refsIn(value, into) {
  if (Array.isArray(value)) for (const v of value) refsIn(v, into);
  else if (value !== null && typeof value === "object") {
    if (value.ref) into.add(`r${value.ref[0]}`);
    else if (value.in !== undefined) into.add(`i${value.in}`);
    else for (const v of Object.values(value)) refsIn(v, into);
  }
}

function moved(value, steps, inputs) {
  if (Array.isArray(value)) return value.map((v) => moved(v, steps, inputs));
  if (value === null || typeof value !== "object") return value;
  if (value.ref) return { ref: [steps.indexOf(value.ref[0]), value.ref[1]] };
  if (value.in !== undefined) return { in: inputs.indexOf(value.in) };
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, moved(v, steps, inputs)]));
}

/** A nested structure of the places that remain; undefined where none does. */
function remaining(structure, places) {
  if (typeof structure === "number") return places.includes(structure) ? places.indexOf(structure) : undefined;
  if (Array.isArray(structure)) {
    const kept = structure.map((v) => remaining(v, places)).filter((v) => v !== undefined);
    return kept.length > 0 ? kept : undefined;
  }
  const kept = Object.entries(structure).map(([key, v]) => [key, remaining(v, places)]);
  const found = kept.filter(([, v]) => v !== undefined);
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

/** The part of a functional spec that the outputs need. */
function pruned(spec) {
  const needed = new Set();
  refsIn(spec.outputs, needed);
  for (let i = spec.steps.length - 1; i >= 0; i--) {
    if (needed.has(`r${i}`)) refsIn([spec.steps[i].args, spec.steps[i].kw ?? {}], needed);
  }
  const steps = spec.steps.map((_, i) => i).filter((i) => needed.has(`r${i}`));
  const inputs = spec.inputs.map((_, i) => i).filter((i) => needed.has(`i${i}`));
  const kept = steps.map((i) => spec.steps[i]);
  const layers = new Set(kept.map((step) => step.layer));
  return {
    ...spec,
    ...(spec.structure && { structure: { ...spec.structure, inputs: remaining(spec.structure.inputs, inputs) } }),
    inputs: inputs.map((i) => spec.inputs[i]),
    steps: kept.map((step) => ({
      ...step,
      args: moved(step.args, steps, inputs),
      ...(step.kw && { kw: moved(step.kw, steps, inputs) }),
    })),
    outputs: moved(spec.outputs, steps, inputs),
    layers: Object.fromEntries(Object.entries(spec.layers).filter(([key]) => layers.has(key))),
  };
}

/** The part that some of the outputs need. */
function withOutputs(spec, places) {
  const { structure, outputs } = clone(spec);
  return pruned({
    ...clone(spec),
    outputs: places.map((k) => outputs[k]),
    ...(structure && { structure: { ...structure, outputs: remaining(structure.outputs, places) } }),
  });
}

/** Every smaller neighbour of a spec, the most promising first. */
function* smaller(spec) {
  if (spec.kind === "functional") {
    for (const i of spec.steps.keys()) {
      if (i < spec.steps.length - 1 || spec.outputs.length > 1)
        yield pruned({ ...clone(spec), outputs: [{ ref: [i, 0] }], structure: undefined });
    }
    const places = [...spec.outputs.keys()];
    for (const k of places.length > 1 ? places : [])
      yield withOutputs(
        spec,
        places.filter((place) => place !== k),
      );
  } else {
    for (let n = 1; n < spec.steps.length; n++)
      yield { ...clone(spec), steps: spec.steps.slice(0, n), outputs: [{ ref: [n - 1, 0] }] };
  }
  for (let i = 0; i < spec.steps.length; i++) {
    const tensor = [spec.steps[i].args[0]].flat()[0];
    if (spec.kind === "sequential" && spec.steps.length > 1) {
      yield {
        ...clone(spec),
        steps: spec.steps.filter((_, k) => k !== i),
        outputs: [{ ref: [spec.steps.length - 2, 0] }],
      };
    } else if (
      spec.kind === "functional" &&
      tensor &&
      typeof tensor === "object" &&
      (tensor.ref || tensor.in !== undefined)
    ) {
      const replaced = JSON.parse(JSON.stringify({ steps: spec.steps, outputs: spec.outputs }), (_, value) =>
        value?.ref?.[0] === i ? tensor : value,
      );
      if (JSON.stringify(replaced.outputs).includes('"in"')) continue;
      yield pruned({ ...clone(spec), ...replaced });
    }
    if (spec.steps[i].kw) {
      for (const key of Object.keys(spec.steps[i].kw)) {
        const next = clone(spec);
        delete next.steps[i].kw[key];
        yield pruned(next);
      }
    }
  }
  for (const change of layerChanges(spec)) {
    const next = clone(spec);
    if (change(next.layers)) yield next;
  }
  if (spec.structure) yield { ...clone(spec), structure: undefined };
}

/** Edits that drop one option, or shrink an inner model, at any depth. */
function* layerChanges(spec) {
  const paths = [];
  const visit = (desc, path) => {
    if (Array.isArray(desc)) desc.forEach((d, i) => visit(d, [...path, i]));
    else if (desc !== null && typeof desc === "object" && desc.class !== undefined) {
      if (desc.class === "Model") {
        for (const inner of smaller(desc.spec)) paths.push({ path: [...path, "spec"], value: inner });
      } else {
        for (const [key, value] of Object.entries(desc.options)) {
          if (!["units", "filters", "kernel_size", "layer", "cell", "cells", "name"].includes(key))
            paths.push({ path: [...path, "options", key] });
          if (value !== null && typeof value === "object") visit(value, [...path, "options", key]);
        }
      }
    }
  };
  for (const [key, desc] of Object.entries(spec.layers)) visit(desc, [key]);
  for (const { path, value } of paths) {
    yield (layers) => {
      const last = path.at(-1);
      const holder = path.slice(0, -1).reduce((at, key) => at?.[key], layers);
      if (holder === undefined) return false;
      if (value === undefined) delete holder[last];
      else holder[last] = value;
      return true;
    };
  }
}

/** The smallest spec found within `budget` trials. `fails(spec)`: the failure at the same stage, or null. */
export async function shrink(made, failure, fails, budget = 30) {
  let best = { spec: made.spec, failure };
  for (let progress = true; progress && budget > 0;) {
    progress = false;
    for (const candidate of smaller(best.spec)) {
      if (budget-- <= 0) break;
      if (candidate.steps.length === 0 || candidate.inputs.length === 0 || candidate.outputs.length === 0) continue;
      const found = await fails(candidate).catch(() => null);
      if (found === null) continue;
      best = { spec: candidate, failure: found };
      progress = true;
      break;
    }
  }
  return best;
}

/** One line a step. */
export function describe(spec, indent = "") {
  const lines = [
    `${indent}${spec.kind} batch ${spec.batch ?? "free"} of ${spec.inputs.map((i) => `${i.dtype}[${i.shape}]${i.fill === "padded" ? " with gaps" : ""}`).join(", ")}`,
  ];
  const short = (value) =>
    JSON.stringify(value, (_, v) => (v?.class === "Model" ? "model" : v?.class ? { [v.class]: v.options } : v));
  for (const [i, step] of spec.steps.entries()) {
    const layer = step.layer === undefined ? null : spec.layers[step.layer];
    lines.push(
      `${indent}  ${i}: ${layer ? `${step.layer} ${layer.class} ${layer.class === "Model" ? "" : short(layer.options)}` : (step.call ?? `${step.operation} ${JSON.stringify(step.options)}`)} ${JSON.stringify(step.args)}${step.kw ? ` ${JSON.stringify(step.kw)}` : ""}`,
    );
    const inner =
      layer?.class === "Model" ? layer : layer?.options?.layer?.class === "Model" ? layer.options.layer : null;
    if (inner) lines.push(describe(inner.spec, `${indent}    `));
  }
  lines.push(
    `${indent}  outputs ${JSON.stringify(spec.outputs)}${spec.structure ? ` as ${JSON.stringify(spec.structure)}` : ""}`,
  );
  return lines.join("\n");
}
