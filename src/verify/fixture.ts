/**
 * What Keras computed with a model, as an `.npz`: `inputs/<i>` and `outputs/<i>` by position or by name, `truth/<i>` the
 * same in float64, `layers/<layer>` the output of a layer, `@1`, `@2` … for the next calls in a row.
 */
import { fail, failAll, type Problem } from "../core/error.ts";
import { castTensor, type Tensor } from "../core/tensor.ts";
import type { EndName } from "../layers/define.ts";

/** One call of the model. */
export interface FixtureCall {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly truth: readonly (Tensor | undefined)[];
  /** Outputs of layers by name. */
  readonly layers: ReadonlyMap<string, Tensor>;
}

const SUFFIX = /@([1-9][0-9]{0,6})$/;

/** Arrays of one group (`inputs`, `layers` …) by call, then by name. */
function grouped(arrays: ReadonlyMap<string, Tensor>, group: string): Map<number, Map<string, Tensor>> {
  const calls = new Map<number, Map<string, Tensor>>();
  for (const [key, value] of arrays) {
    if (!key.startsWith(`${group}/`)) continue;
    const rest = key.slice(group.length + 1);
    const call = Number(SUFFIX.exec(rest)?.[1] ?? 0);
    const names = calls.get(call) ?? new Map<string, Tensor>();
    names.set(rest.replace(SUFFIX, ""), value);
    calls.set(call, names);
  }
  return calls;
}

/** By name where a name is meant, else by position. */
function pick(arrays: ReadonlyMap<string, Tensor>, wanted: readonly EndName[]): (Tensor | undefined)[] {
  return wanted.map(({ name, layer = name }, i) => arrays.get(String(i)) ?? arrays.get(name) ?? arrays.get(layer));
}

function strangers(group: string, arrays: ReadonlyMap<string, Tensor>, wanted: readonly EndName[]): Problem[] {
  const known = new Set(wanted.flatMap(({ name, layer = name }, i) => [name, layer, String(i)]));
  return [...arrays.keys()]
    .filter((name) => !known.has(name))
    .map((name) => ({
      code: "mismatch/fixture",
      path: `${group}/${name}`,
      expected: wanted.map((w, i) => `${group}/${i} (${w.name})`).join(", "),
      found: `${group}/${name}`,
    }));
}

/**
 * The calls of a fixture, inputs in the model's dtypes. Throws `mismatch/fixture` for arrays that are missing or belong to
 * no input or output, `mismatch/dtype` for inputs whose values the model's dtype cannot hold.
 */
export function readFixture(
  arrays: ReadonlyMap<string, Tensor>,
  inputs: readonly (EndName & { readonly dtype: Tensor["dtype"] })[],
  outputs: readonly EndName[],
): readonly FixtureCall[] {
  const groups = {
    inputs: grouped(arrays, "inputs"),
    outputs: grouped(arrays, "outputs"),
    truth: grouped(arrays, "truth"),
    layers: grouped(arrays, "layers"),
  };
  const count = 1 + Math.max(0, ...groups.inputs.keys(), ...groups.outputs.keys());
  if (count > 1 && groups.outputs.size !== count) {
    fail("mismatch/fixture", { expected: "calls numbered without gaps", found: `a call @${count - 1}` });
  }
  const problems: Problem[] = [];
  const none: ReadonlyMap<string, Tensor> = new Map();
  const calls = Array.from({ length: count }, (_, call): FixtureCall => {
    const suffix = call === 0 ? "" : `@${call}`;
    // A call without inputs of its own gets the first one's again.
    const given = groups.inputs.get(call) ?? groups.inputs.get(0) ?? none;
    const expected = groups.outputs.get(call) ?? none;
    problems.push(...strangers("inputs", given, inputs), ...strangers("outputs", expected, outputs));
    const take = (group: string, from: ReadonlyMap<string, Tensor>, wanted: readonly EndName[]): Tensor[] =>
      pick(from, wanted).flatMap((value, i) => {
        if (value !== undefined) return [value];
        const path = `${group}/${i}${suffix}`;
        problems.push({ code: "mismatch/fixture", path, message: `the fixture has no array for ${wanted[i]!.name}` });
        return [];
      });
    return {
      inputs: take("inputs", given, inputs),
      outputs: take("outputs", expected, outputs),
      truth: pick(groups.truth.get(call) ?? none, outputs),
      layers: groups.layers.get(call) ?? none,
    };
  });
  failAll(problems);
  return calls.map((call) => ({
    ...call,
    inputs: call.inputs.map((value, i) => castTensor(value, inputs[i]!.dtype, `inputs/${i}`)),
  }));
}
