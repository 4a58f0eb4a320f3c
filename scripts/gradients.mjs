#!/usr/bin/env node
/**
 * Differentiates every fixture's model: a weighted sum of its outputs by its inputs and weights, on both engines, equal within
 * 1e-6 of the largest gradient; and, along one random direction, against central differences of `predict` in float64.
 *
 *     node scripts/gradients.mjs [TEXT] [--part layers|models|formats] [--keras] [--no-build]
 *
 * With `--keras` those of TensorFlow's tape over the loaded file judge too, `keras` where they are off by more than 1e-5: by
 * the Python of `KERAPORT_ORACLE_PYTHON`, for fixtures of the Keras 3 and tf-keras that are installed there.
 * With TEXT only the cases whose name contains it. A line for each model that is off: `apart` the engines, `slope` the differences
 * (where a function has a kink within the step they say nothing). Exit code 1: engines that are apart, gradients that are no numbers.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { argumentsOf } from "./arguments.mjs";
import { compiled } from "./compiled.mjs";
import { interpreter, Worker } from "./oracle/python.mjs";

const OPTIONS = {
  part: { type: "string" },
  keras: { type: "boolean", default: false },
  "no-build": { type: "boolean", default: false },
};
const options = argumentsOf(import.meta, OPTIONS, 1);
const ROOT = join(import.meta.dirname, "..");
const FIXTURES = join(ROOT, "fixtures");
const folder = options["no-build"] ? join(ROOT, ".build") : compiled();
const from = (path) => import(pathToFileURL(join(folder, path)).href);
const [{ load, tensor }, { readNpz, writeNpz }, { bytesSource }, { DEFAULT_LIMITS }, { withDType }] = await Promise.all(
  ["node.js", "codecs/npz.js", "core/source.js", "core/limits.js", "core/cast.js"].map(from),
);

const APART = 1e-6;
const WORK = join(ROOT, ".oracle");
const python = options.keras ? interpreter(WORK) : "";
const workers = new Map(["keras3", "tf-keras"].map((name) => [name, new Worker(python, name, "gradients.py")]));
const STEP = 2 ** -12;
const counts = new Map();
const add = (key) => counts.set(key, (counts.get(key) ?? 0) + 1);
const isReal = (t) => t !== null && (t.dtype === "float32" || t.dtype === "float64");

/** Numbers in [-1, 1] that are always the same. */
function drawn(count) {
  let state = 1;
  return Float64Array.from({ length: count }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return ((state >>> 8) / 2 ** 23 - 1) * 0.75;
  });
}

/** The model's file, and one of weights beside it. */
function filesOf(name) {
  const at = join(FIXTURES, name);
  const names = readdirSync(at).filter((file) => file !== "io.npz");
  const weights = names.find((file) => file.endsWith("weights.h5"));
  const json = names.find((file) => file.endsWith(".json"));
  if (weights !== undefined && json !== undefined) return [join(at, json), join(at, weights)];
  return [join(at, names.find((file) => /^model\b/.test(file)) ?? names[0])];
}

function opened(name, backend) {
  const [file, weights] = filesOf(name);
  return load(file, { ...(weights && { weights }), backend });
}

/** How far gradients are from those of Keras, which may have none, and where; a text where it cannot say. */
async function besideKeras(name, { keras, x, factors, all, places, count, top }) {
  const [given, out] = ["given.npz", "gradients.npz"].map((file) => join(WORK, "gradients", file));
  mkdirSync(join(WORK, "gradients"), { recursive: true });
  const named = (kind, ts) => ts.map((t, i) => [`${kind}/${i}`, t]);
  writeFileSync(given, writeNpz(new Map([...named("x", x), ...named("c", factors)])));
  const worker = workers.get(keras.startsWith("3") ? "keras3" : "tf-keras");
  const { failed } = await worker.ask({ files: filesOf(name), given, out });
  worker.renewAfter(200);
  if (failed !== undefined) return failed;
  const theirs = await readNpz(bytesSource(new Uint8Array(readFileSync(out)), out), DEFAULT_LIMITS);
  let [most, where] = [0, ""];
  all.forEach((t, i) => {
    const other = theirs.get(i < count ? `inputs/${i}` : `weights/${i - count}`);
    const scale = Math.max(largest([t, other ?? null]), 0.03 * top, 1e-30);
    const length = Math.max(t?.data.length ?? 0, other?.data.length ?? 0);
    for (let k = 0; k < length; k++) {
      const [v, w] = [t?.data[k] ?? 0, other?.data[k] ?? 0];
      if (v === w || (Number.isNaN(v) && Number.isNaN(w))) continue;
      const error = Math.abs(v - w) / scale;
      if (!(error <= most)) [most, where] = [Number.isNaN(error) ? Infinity : error, `${places[i]}: ${v} for ${w}`];
    }
  });
  return [most, where];
}

/** What a case gives, by name or by place. */
async function inputsOf(name, model) {
  const bytes = new Uint8Array(readFileSync(join(FIXTURES, name, "io.npz")));
  const values = await readNpz(bytesSource(bytes, "io.npz"), DEFAULT_LIMITS);
  return model.inputs.map((input, i) =>
    withDType(values.get(`inputs/${i}`) ?? values.get(`inputs/${input.name}`), input.dtype),
  );
}

const largest = (all) => Math.max(0, ...all.flatMap((t) => (isReal(t) ? [t.data.reduce((m, v) => Math.max(m, Math.abs(v)), 0)] : []))); // prettier-ignore

/** The slope of the scalar along one direction of all inputs, by differences. */
async function slopeOf(model, x, ways, coefficients) {
  const at = async (by) => {
    const moved = x.map((t, i) => (ways[i] === null ? t : tensor(Float64Array.from(t.data, (v, k) => v + by * ways[i][k]), [...t.shape]))); // prettier-ignore
    const outputs = await model.predict(moved, { backend: "reference", precision: "float64" });
    let [sum, next] = [0, 0];
    for (const y of outputs) if (isReal(y)) for (const v of y.data) sum += v * coefficients[next++];
    model.resetStates();
    return sum;
  };
  return ((await at(STEP)) - (await at(-STEP))) / (2 * STEP);
}

async function check(name, { keras }) {
  const exact = await opened(name, "reference");
  if (exact.problems.length > 0) return add("refused when loaded");
  const x = await inputsOf(name, exact);
  const outputs = await exact.predict(x);
  exact.resetStates();
  const real = outputs.filter(isReal);
  if (real.length === 0) return add("no outputs of float32");
  const finite = real.every((y) => y.data.every(Number.isFinite));
  const coefficients = drawn(real.reduce((n, y) => n + y.data.length, 0));
  let at = 0;
  const others = real.map((y) =>
    tensor(Float32Array.from(coefficients.slice(at, (at += y.data.length))), [...y.shape]),
  );
  const taken = outputs.flatMap((y, i) => (isReal(y) ? [i] : []));
  const of = (op, ys, given) =>
    taken.map((i, k) => op.sum(op.multiply(op.cast(ys[i], "float32"), given[k]))).reduce((a, b) => op.add(a, b));
  const fast = await opened(name, "wasm");
  const [truth, found] = [await exact.gradients(x, of, others), await fast.gradients(x, of, others)];
  const all = [...truth.inputs, ...truth.weights];
  const ours = [...found.inputs, ...found.weights];
  const places = [...exact.inputs.map((input) => input.name), ...exact.weights.map((w) => w.path)];
  const top = largest(all);
  if (all.every((t) => t === null)) return add("nothing that has a gradient");
  let [worst, where] = [0, ""];
  all.forEach((t, i) => {
    if (t === null) return;
    const own = largest([t]);
    let most = 0;
    t.data.forEach((v, k) => {
      const w = ours[i].data[k];
      if (Object.is(v, w) || (Number.isNaN(v) && Number.isNaN(w))) return;
      const error = Math.abs(v - w) / Math.max(own, 0.03 * top, 1e-30);
      most = Math.max(most, Number.isNaN(error) ? Infinity : error);
    });
    if (most > worst) [worst, where] = [most, places[i]];
  });
  const isBad = all.some((t) => t !== null && !t.data.every(Number.isFinite));
  const told = [];
  if (options.keras && /^(3|tf-keras)/.test(keras ?? "")) {
    const beside = { keras, x, factors: others, all, places, count: exact.inputs.length, top };
    const found = await besideKeras(name, beside);
    add(typeof found === "string" ? "not judged by Keras" : found[0] > 1e-5 ? "apart from Keras" : "equal to Keras");
    if (typeof found === "string") told.push(found);
    else if (found[0] > 1e-5) told.push(`keras ${found[0].toExponential(1)} ${found[1]}`);
  }
  if (worst > APART) told.push(`apart ${worst.toExponential(1)} ${where}`);
  if (isBad) told.push(finite ? "NaN of finite outputs" : "NaN of outputs that are so too");
  else if (truth.inputs.some(isReal)) {
    // Whole numbers stand where functions have their kinks, masks theirs.
    const ways = truth.inputs.map((t, i) => (isReal(t) ? drawn(t.data.length).map((v, k) => (Number.isInteger(x[i].data[k]) ? 0 : v)) : null)); // prettier-ignore
    const wanted = await slopeOf(exact, x, ways, coefficients);
    let own = 0;
    let size = 0;
    truth.inputs.forEach((t, i) => t?.data.forEach((v, k) => { own += v * ways[i][k]; size += Math.abs(v * ways[i][k]); })); // prettier-ignore
    const error = Math.abs(own - wanted) / Math.max(size, Math.abs(wanted), 1e-6);
    if (!(error < 1e-3)) told.push(`slope ${own.toPrecision(6)}, not ${wanted.toPrecision(6)}`);
  }
  if (top === 0) add("all zeros");
  add(worst > APART ? "apart" : isBad ? (finite ? "NaN" : "NaN as outputs are") : "equal");
  if (told.length > 0) console.log(`${name}: ${told.join("; ")}`);
  exact.dispose();
  fast.dispose();
}

const parts = options.part === undefined ? ["layers", "models", "formats"] : [options.part];
let total = 0;
for (const part of parts) {
  for (const [one, about] of Object.entries(JSON.parse(readFileSync(join(FIXTURES, part, "cases.json"), "utf8")))) {
    const name = `${part}/${one}`;
    if (!name.includes(options._[0] ?? "")) continue;
    total++;
    try {
      await check(name, about);
    } catch (error) {
      add(`failed: ${error.code ?? error.message}`);
      console.log(`${name}: ${String(error.message).split("\n").slice(0, 3).join(" ").slice(0, 300)}`);
    }
  }
}
for (const worker of workers.values()) worker.stop();
for (const [key, n] of [...counts].sort()) console.log(`${String(n).padStart(5)}  ${key}`);
console.log(`${total} models`);
const isWrong = ([key]) => key.startsWith("apart") || key === "NaN" || key.startsWith("failed");
process.exitCode = [...counts].some(isWrong) ? 1 : 0;
