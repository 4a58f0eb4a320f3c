/** keraport's side of one model: load, run, compare, export. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { coarseness, distances, isWithin } from "./judging.mjs";
import { judgeTfjs } from "./tfjs.mjs";

/** Where rounding to 16 bits is amplified by chance, errors are wrong only beyond so many times those allowed. */
const HALF = 4;
/** How often Keras computes a model whose weights and inputs moved. */
const MOVES = 12;
export const TRUTH = { rtol: 1e-6, atol: 1e-9 };

/** Relative alone: beside a distance that is allowed whatever the magnitude, small outputs would be right whatever they are. */
export const nearOf = ({ DEFAULT_TOLERANCE: { rtol } }) => ({ rtol, atol: 0 });

/** Limits that are told by name: lengths that must be known, and vectors of which each library chooses the sign. */
const TOLD = ["unsupported/free-length", "known up to its sign alone"];

/** What a container's export is called: file names by format. */
const TARGETS = {
  keras: { format: "keras-v3", file: "export.keras" },
  h5: { format: "keras-h5", file: "export.h5" },
  apart: { format: "weights-h5", file: "export.weights.h5" },
  apart_h5: { format: "weights-h5", file: "export_weights.h5" },
};

/** The format and the file of a container's export that holds its architecture. */
export const targetOf = (container) =>
  container.startsWith("apart") ? { format: "keras-json", file: "export.json" } : TARGETS[container];

/** The built library, internals included. */
export async function library(folder) {
  const from = (path) => import(pathToFileURL(join(folder, path)).href);
  const [
    { load, save },
    { artifactFor, saveToMap },
    { readNpz, writeNpz },
    { bytesSource },
    { DEFAULT_LIMITS },
    { compareTensors, DEFAULT_TOLERANCE },
    { truthExcess },
    { withDType },
    { valuesOf },
    { LAYERS },
    { fromPlain },
    { allNodes },
    { tellsRows, withRowsAlike },
    { openSession },
    ...tables
  ] = await Promise.all(
    [
      "node.js",
      "api/save.js",
      "codecs/npz.js",
      "core/source.js",
      "core/limits.js",
      "verify/compare.js",
      "verify/truth-rule.js",
      "core/cast.js",
      "core/tensor.js",
      "layers/all.js",
      "codecs/json.js",
      "model/walk.js",
      "graph/compare.js",
      "engines/index.js",
      "exporters/names/keras3.js",
      "exporters/names/keras2.js",
    ].map(from),
  );
  const values = (path) => readNpz(bytesSource(new Uint8Array(readFileSync(path)), path), DEFAULT_LIMITS);
  const [keras3, keras2] = tables.map(({ TABLE }) => TABLE);
  return {
    load,
    save,
    artifactFor,
    saveToMap,
    values,
    writeNpz,
    compareTensors,
    DEFAULT_TOLERANCE,
    truthExcess,
    withDType,
    valuesOf,
    LAYERS,
    fromPlain,
    allNodes,
    tellsRows,
    withRowsAlike,
    openSession,
    DEFAULT_LIMITS,
    names: { keras3, "tf-keras": keras2 },
  };
}

const message = (error) => (error instanceof Error ? error.message : String(error)).split("\n").slice(0, 4).join(" | ");

export function numbered(values, kind, call) {
  const at = call === 0 ? "" : `@${call}`;
  const found = [];
  for (let i = 0; values.has(`${kind}/${i}${at}`); i++) found.push(values.get(`${kind}/${i}${at}`));
  return found;
}

/** A model of files in a folder, of which the second has the weights of the first. */
export function opened({ load }, folder, names) {
  const [main, weights] = names.map((name) => join(folder, name));
  return load(main, weights === undefined ? {} : { weights });
}

/** The outputs of all calls in a row, flat. */
export async function outputsOf(model, values, calls, options) {
  model.resetStates();
  const outputs = [];
  for (let call = 0; call < calls; call++) {
    const inputs = numbered(values, "inputs", call);
    outputs.push(...(await model.predict(inputs, options)));
  }
  return outputs;
}

export const expectedOf = (values, kind, calls) =>
  Array.from({ length: calls }, (_, call) => numbered(values, kind, call)).flat();

/** NumPy has no bfloat16: its values come as float32. */
const isDtype = (found, expected) =>
  found.dtype === expected.dtype || (found.dtype === "bfloat16" && expected.dtype === "float32");

/** The worst comparison of two flat lists. `isWide`: outputs in float64 stand for others. */
export function compareAll({ compareTensors }, found, expected, tolerance, isWide = false) {
  if (found.length !== expected.length)
    return { ok: false, maxRel: Infinity, text: `${found.length} outputs instead of ${expected.length}` };
  let worst = { ok: true, maxRel: 0, text: "" };
  for (let i = 0; i < found.length; i++) {
    const compared = compareTensors(`output ${i}`, found[i], expected[i], tolerance);
    const one = { ...compared, ok: compared.ok && (isWide || isDtype(found[i], expected[i])) };
    if (!one.ok && worst.ok) worst = { ok: false, maxRel: 0, text: "" };
    if (one.ok === worst.ok && (one.maxRel >= worst.maxRel || !one.shapeOk)) {
      const where =
        one.shapeOk && one.dtypeOk && isDtype(found[i], expected[i])
          ? `off by ${one.maxAbs} of ${one.magnitude}`
          : `${one.dtype}[${one.shape}] instead of ${one.expectedDtype}[${one.expectedShape}]`;
      worst = { ok: one.ok, maxRel: one.maxRel, text: `output ${i} ${where}` };
    }
  }
  return worst;
}

/**
 * How far each number that Keras computes moves as weights and inputs move by their last digit: results nearer than that are
 * ones of a model that nobody could tell from this one, and say of an engine that it rounds.
 */
async function conditionOf(lib, { folder, calls }, moves, keras, digit) {
  await moves({ folder, digit, times: MOVES });
  const values = await lib.values(join(folder, "moves.npz"));
  const all = Array.from({ length: MOVES }, (_, k) => expectedOf(values, `moves${k}`, calls));
  return distances(lib, keras, all);
}

/** Whether all outputs are those of a model whose weights and inputs differ in their last digit: of one that Keras cannot compute in float64, and between two libraries, this decides. */
export async function isUntold(lib, made, found, keras, { moves }) {
  const far = await conditionOf(lib, made, moves, keras, 2 ** -23).catch(() => null);
  return (
    far !== null &&
    found.every((tensor, i) => {
      const { shapeOk, dtypeOk } = lib.compareTensors(`output ${i}`, tensor, keras[i], lib.DEFAULT_TOLERANCE);
      return shapeOk && dtypeOk && isWithin(lib, tensor, keras[i], keras[i], far[i]);
    })
  );
}

/** Exact outputs of Keras with the casts and masks that policies of 16 bits make; null where it cannot compute them. */
async function castAlike(lib, { folder, calls }, asked) {
  const isMade = await asked.twin({ folder }).then(
    () => true,
    () => false,
  );
  return isMade ? expectedOf(await lib.values(join(folder, "twin.npz")), "truth", calls) : null;
}

/**
 * A backend's outputs against exact ones: the largest error as a part of the one allowed. Above 1 it is `beyond`, as happens
 * by chance where a model makes rounding errors larger, by why it passes: near `keras`'s result, of 16 bits (`half`), or each
 * number's that of a model whose weights differ in their last digit (`condition`). Else it is wrong. With policies of 16
 * bits exact is Keras's float64 twin, whose masks and casts may be others: where Keras is further from it than rounding to
 * 16 bits explains, a result must be as near to Keras's, or to a `twin` that has its masks and casts. `asked`: the requests
 * for Keras's results as the model moves, `moves`, and for those of that `twin`.
 */
export async function checkExcess(lib, model, values, made, exact, backend, asked) {
  const { calls } = made;
  const coarse = made.half ? coarseness(model) : null;
  const half = coarse !== null;
  const keras = expectedOf(values, "outputs", calls);
  const found = await outputsOf(model, values, calls, { backend });
  let [condition, twin] = [];
  const result = { excess: 0, beyond: {}, wrong: null };
  for (const [i, tensor] of found.entries()) {
    const expected = tensor.dtype === "bfloat16" ? lib.withDType(keras[i], "bfloat16") : keras[i];
    const one = lib.compareTensors(`output ${i}`, tensor, expected, nearOf(lib), exact[i]);
    const isAlike = one.shapeOk && tensor.dtype === model.outputs[i % model.outputs.length].dtype;
    if (!isAlike) {
      result.wrong ??= `output ${i} ${one.dtype}[${one.shape}] instead of ${one.expectedDtype}[${one.expectedShape}]`;
      continue;
    }
    const { excess, found: ours, expected: own } = one.truth;
    const steps = coarse * one.magnitude;
    const isTwin = !half || own.maxAbs <= steps;
    result.excess = Math.max(result.excess, excess);
    if (isTwin ? excess <= 1 : one.maxAbs <= steps) continue;
    const text = `output ${i} off by ${ours.maxAbs} of ${one.magnitude}, Keras by ${own.maxAbs}${isTwin ? "" : `, from Keras by ${one.maxAbs}`}`;
    let why = one.ok ? "keras" : half && isTwin && excess <= HALF && ours.maxAbs <= 2 * steps ? "half" : null;
    if (why === null && !isTwin) {
      twin ??= await castAlike(lib, made, asked);
      const beside = twin && lib.compareTensors(`output ${i}`, tensor, twin[i], lib.DEFAULT_TOLERANCE);
      if (beside?.shapeOk && beside.maxAbs <= steps) why = "twin";
    }
    if (why === null) {
      condition ??= await conditionOf(lib, made, asked.moves, keras, half ? coarse / 8 : 2 ** -23);
      if (isWithin(lib, tensor, expected, isTwin ? exact[i] : expected, condition[i], isTwin ? 0 : steps))
        why = "condition";
    }
    if (why === null) result.wrong ??= text;
    else result.beyond[why] ??= text;
  }
  return result;
}

/** `getWeights` against Keras's `get_weights`: the same arrays in the same order. */
async function checkWeights(lib, model, { folder }, fail) {
  const wanted = [...(await lib.values(join(folder, "weights.npz"))).values()];
  const found = await model.getWeights();
  const isSame = (a, b) =>
    isDtype(a, b) &&
    String(a.shape) === String(b.shape) &&
    lib.valuesOf(a).every((x, i) => Object.is(x, lib.valuesOf(b)[i]));
  if (found.length !== wanted.length)
    fail("weights", `${found.length} arrays, Keras's get_weights has ${wanted.length}`);
  const at = found.findIndex((tensor, i) => wanted[i] !== undefined && !isSame(tensor, wanted[i]));
  if (at >= 0) fail("weights", `${model.weights[at].path} is number ${at}, another in Keras's get_weights`);
}

/** Writes the export a judge will read; null with a refusal when keraport names a reason. */
async function exportTo(lib, model, folder, container, dialect, tag) {
  const target = TARGETS[container];
  const options = dialect === undefined ? {} : { dialect };
  const files = [];
  if (container.startsWith("apart")) {
    const [json] = (await lib.saveToMap(model, { format: "keras-json", ...options })).values();
    writeFileSync(join(folder, `${tag}export.json`), json);
    files.push(`${tag}export.json`);
  }
  // How weights alone are laid out, their file's name says.
  await lib.save(model, join(folder, tag + target.file), { format: target.format, force: true, ...options });
  files.push(tag + target.file);
  return files;
}

/** The exports wanted of a model: its own format, another one by turns, and one of the whole formats in the other generation's language. */
export function exportPlan(made, tfk) {
  // With inputs of other dtypes a class is written as with any.
  if (made.rounds?.every(([, cells]) => cells.every(([option]) => option === "inputs" || option === "values")))
    return [];
  const own = made.container;
  const others = ["keras", "h5", own === "apart_h5" ? null : "apart"].filter((kind) => kind !== null && kind !== own);
  const plan = [own, others[made.seed % 2]].map((container) => ({
    container,
    dialect: tfk ? "keras2" : undefined,
    tag: "",
  }));
  const [dialect, tag] = tfk ? ["keras3", "k3_"] : ["keras2", "k2_"];
  plan.push({ container: ["keras", "h5"][Math.floor(made.seed / 2) % 2], dialect, tag, translated: true });
  return plan;
}

/** What is written for TensorFlow.js, by TensorFlow.js. */
async function checkTfjs(lib, model, values, { calls, half }, result) {
  const exact = await outputsOf(model, values, calls, { backend: "reference", precision: "float64" });
  model.resetStates();
  const inputs = Array.from({ length: calls }, (_, call) => numbered(values, "inputs", call));
  const verdict = await judgeTfjs(lib, model, inputs, expectedOf(values, "outputs", calls), exact, half);
  result.verdicts = [{ kind: "tfjs", ...verdict }];
  if (verdict.verdict === "refused" || verdict.verdict === "differs")
    result.failures.push({ stage: "judge tfjs", message: verdict.message });
}

/**
 * Runs one made model. Gives `{ failures: [{ stage, message }], maxRel, refused, exports, wasm }`; `truth()` asks Python for float64
 * outputs, wanted only where float32 differs, `asked`: what `checkExcess` may ask for.
 */
export async function checkModel(
  lib,
  made,
  { tfk, truth, asked, tfjs = false, consumers = null, coverage = null, plan = exportPlan(made, tfk) },
) {
  const { folder } = made;
  const failures = [];
  const result = { failures, maxRel: 0, refused: [], exports: [], byTruth: false, half: made.half };
  const fail = (stage, text) => failures.push({ stage, message: text });
  let model;
  try {
    model = await opened(lib, folder, made.files);
  } catch (error) {
    fail("load", message(error));
    return result;
  }
  try {
    if (model.problems.length > 0 && model.problems.every((p) => TOLD.some((words) => p.message?.includes(words)))) {
      result.declined = model.problems[0].message.replace(/\S+: /, "");
      result.refused.push(result.declined);
      return result;
    }
    if (model.problems.length > 0) {
      fail(
        "problems",
        model.problems.map((p) => `${p.code} ${p.path} ${p.found ?? ""} ${p.message ?? ""}`).join(" | "),
      );
      return result;
    }
    result.cells = coverage?.cellsOf(tfk ? "tf-keras" : "keras3", model, made.aims ?? []);
    const values = await lib.values(join(folder, "io.npz"));
    await checkWeights(lib, model, made, fail);
    const exactly = () => outputsOf(model, values, made.calls, { backend: "reference", precision: "float64" });
    const inFull = async () => {
      await truth(made);
      return expectedOf(await lib.values(join(folder, "truth.npz")), "truth", made.calls);
    };
    let exact;
    try {
      if (made.half) {
        // Rounded where the policies say so, even in float64: the truth is Keras's.
        exact = await inFull();
        const { wrong } = await checkExcess(lib, model, values, made, exact, "reference", asked);
        if (wrong !== null) fail("outputs", wrong);
      } else {
        const found = await outputsOf(model, values, made.calls, { backend: "reference" });
        const compared = compareAll(lib, found, expectedOf(values, "outputs", made.calls), nearOf(lib));
        result.maxRel = compared.maxRel;
        exact = await exactly();
        if (!compared.ok) {
          const full = await inFull().then(
            (all) => compareAll(lib, exact, all, TRUTH, true),
            (error) => ({ ok: false, isNone: true, text: `none (${message(error)})` }),
          );
          if (full.isNone) full.ok = await isUntold(lib, made, found, expectedOf(values, "outputs", made.calls), asked);
          else if (full.ok) result.byTruth = true;
          if (full.ok) result.untold = full.isNone === true;
          else fail("outputs", `${compared.text}; in float64: ${full.text}`);
        }
      }
    } catch (error) {
      fail("predict", message(error));
      return result;
    }
    try {
      result.wasm = await checkExcess(lib, model, values, made, exact, "wasm", asked);
      if (result.wasm.wrong !== null) fail("wasm", result.wasm.wrong);
    } catch (error) {
      fail("wasm predict", message(error));
    }
    if (tfjs) await checkTfjs(lib, model, values, made, result);
    if (consumers !== null) {
      const calls = Array.from({ length: made.calls }, (_, call) => numbered(values, "inputs", call));
      const expected = calls.map((_, call) => numbered(values, "outputs", call));
      result.written = await consumers.write(model, calls, expected, made.seed, join(folder, "consumers"));
    }
    for (const { container, dialect, tag, translated } of plan) {
      try {
        const files = await exportTo(lib, model, folder, container, dialect, tag);
        result.exports.push({ made, folder, container, dialect, files, translated: translated === true });
      } catch (error) {
        if (translated && /error\[unsupported\//.test(message(error))) result.refused.push(message(error));
        else fail(`export ${tag}${container}`, message(error));
      }
    }
  } finally {
    model.dispose();
  }
  return result;
}
