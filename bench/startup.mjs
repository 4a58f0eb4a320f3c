/**
 * From the start of the process to the first prediction, and the memory it took:
 *   npm run build && node bench/startup.mjs [--dist FOLDER] [--lock FILE] [--dry]
 * Each candidate is a process of its own, in turn; minima and medians of wall time, peak resident set. Where
 * bench/setup.mjs was run, Keras does the same. Linux only. Writes the section `startup` of bench/results/VERSION.json.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { argumentsOf } from "../scripts/arguments.mjs";
import { NODE24, PYTHON } from "./lib/candidates.mjs";
import { locked } from "./lib/lock.mjs";
import { saveSection } from "./lib/results.mjs";

const options = argumentsOf(import.meta, {
  dist: { type: "string" },
  lock: { type: "string" },
  dry: { type: "boolean", default: false },
});
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const entry = pathToFileURL(`${resolve(options.dist ?? here("../dist"))}/node.js`).href;
const ROUNDS = 7;

/** Small: 47 thousand weights. Big: 25 million, 100 MB. Both take 10 time steps. */
const MODELS = {
  small: { features: 64, units: [64, 32, 10] },
  big: { features: 1024, units: [1024, 1024, 1024] },
};
const modelFile = (name) => here(`data/startup-${name}.keras`);

async function make(name, { features, units }) {
  const { layers, save, Sequential, setRandomSeed } = await import(entry);
  setRandomSeed(1);
  const uniform = { kernelInitializer: "glorotUniform", recurrentInitializer: "glorotUniform" };
  const model = new Sequential({ name });
  for (const [i, size] of units.entries()) {
    model.add(layers.lstm({ units: size, returnSequences: i < 2, inputShape: [10, features], ...uniform }));
  }
  model.add(layers.dense({ units: 10 }));
  await save(model, modelFile(name));
}

/** Peak resident set in KiB. `ru_maxrss` would also count the process that started this one. */
const PEAK_JS = `Number(/VmHWM:\\s*(\\d+)/.exec((await import("node:fs")).readFileSync("/proc/self/status", "utf8"))[1])`;
const PEAK_PYTHON = `next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]`;

const keraport = (name, features) => `
  const { load, tensor } = await import(${JSON.stringify(entry)});
  const model = await load(${JSON.stringify(modelFile(name))});
  await model.predict(tensor(new Float32Array(${10 * features}), [1, 10, ${features}]));
  console.log(${PEAK_JS});`;

const keras = (name, features) => `
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras, numpy
model = keras.saving.load_model(${JSON.stringify(modelFile(name))})
model.predict(numpy.zeros((1, 10, ${features}), "float32"), verbose=0)
print(${PEAK_PYTHON})`;

const script = (node, code) => [node, "--input-type=module", "-e", code];
const CANDIDATES = [["node alone", script(process.execPath, `console.log(${PEAK_JS})`)]];
for (const [name, { features }] of Object.entries(MODELS)) {
  CANDIDATES.push([`keraport, ${name}`, script(process.execPath, keraport(name, features))]);
  if (NODE24 !== null) CANDIDATES.push([`keraport n24, ${name}`, script(NODE24, keraport(name, features))]);
  if (existsSync(PYTHON)) CANDIDATES.push([`keras, ${name}`, [PYTHON, "-c", keras(name, features)]]);
}

function once([command, ...args]) {
  const begin = performance.now();
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: "utf8" });
  const ms = performance.now() - begin;
  if (status !== 0) throw new Error(stderr);
  return { ms, rss: Number(stdout.trim().split("\n").at(-1)) / 1024 };
}

mkdirSync(here("data"), { recursive: true });
for (const [name, description] of Object.entries(MODELS)) await make(name, description);

const found = CANDIDATES.map(([name, command]) => ({ name, command, runs: [] }));
for (let round = 0; round < ROUNDS; round++) {
  await locked(options.lock, async () => {
    for (const { command, runs, name } of found) if (round < 3 || !name.startsWith("keras")) runs.push(once(command));
  });
}
const sorted = (runs, key) => runs.map((run) => run[key]).sort((a, b) => a - b);
const rows = found.map(({ name, runs }) => ({
  name,
  min: sorted(runs, "ms")[0],
  median: sorted(runs, "ms")[runs.length >> 1],
  rss: sorted(runs, "rss")[runs.length >> 1],
}));
for (const { name, min, median, rss } of rows) {
  console.log(`${name.padEnd(22)} ${min.toFixed(0)} / ${median.toFixed(0)} ms, ${rss.toFixed(0)} MiB`);
}
const sizes = Object.fromEntries(Object.keys(MODELS).map((name) => [name, statSync(modelFile(name)).size / 1e6]));
if (!options.dry) saveSection("startup", { rows, sizes });
