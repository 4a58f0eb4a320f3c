#!/usr/bin/env node
/**
 * The live check of training: random models of Keras with random losses, metrics and optimizers, three steps each, against
 * Keras in float32 and float64, and then a test. The model's own file says how it is trained.
 *
 *     node scripts/oracle/training.mjs [--count 100] [--seed 1] [--from 0] [--jobs 1] [--library keras3|tf-keras] [--no-build]
 *
 * A weight may be off by twice what Keras's own float32 is, or 1e-6 of its largest. Exit code 1: mismatches; their files stay in
 * .oracle/training/LIBRARY. Models in which float32 itself is off by more than 1e-4 say nothing and are counted; so do those in which
 * Keras too ends elsewhere from weights that differ in their last bit, as where an optimizer divides noise by its size.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { argumentsOf } from "../arguments.mjs";
import { library } from "./check.mjs";
import { interpreter, Worker } from "./python.mjs";

const ROOT = join(import.meta.dirname, "../..");
const WORK = join(ROOT, ".oracle");
const FLOOR = 1e-6;
/** Beyond this Keras's own error decides nothing. */
const ILL = 1e-4;

const options = argumentsOf(import.meta, {
  count: { type: "number", default: "100" },
  seed: { type: "number", default: "1" },
  from: { type: "number", default: "0" },
  jobs: { type: "number", default: "1" },
  library: { type: "string", default: "keras3" },
  "no-build": { type: "boolean", default: false },
});

const dist = join(WORK, "dist");
if (!options["no-build"]) {
  const args = ["-p", join(ROOT, "tsconfig.build.json"), "--outDir", dist, "--declaration", "false"];
  execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), ...args], { stdio: "inherit" });
}
const lib = await library(dist);
const python = interpreter(WORK);
const counts = new Map();
const add = (key) => counts.set(key, (counts.get(key) ?? 0) + 1);
const mismatches = [];

const listed = (values, kind) =>
  [...values.keys()].filter((key) => key.startsWith(`${kind}/`)).map((key) => values.get(key));

/** The largest difference, as a part of the truth's largest number. */
function off(found, truth) {
  let worst = 0;
  let top = 0;
  for (let i = 0; i < truth.length; i++) {
    worst = Math.max(worst, Math.abs(Number(found[i]) - Number(truth[i])));
    top = Math.max(top, Math.abs(Number(truth[i])));
  }
  return worst / Math.max(top, 1e-3);
}

/** By its name; tf-keras calls a metric that it has loaded by its output once more. */
const numberOf = (told, name) => Number(told[name] ?? told[Object.keys(told).find((key) => key.endsWith(`_${name}`))]);

/** How far from the truth each log and weight is. */
const errorsOf = (found, truth) => truth.map((exact, i) => off(found[i], exact));

async function check(worker, { folder, seed, attempt, ...made }) {
  const values = await lib.values(join(folder, "data.npz"));
  const model = await lib.load(join(folder, "model.keras"));
  try {
    const [x, y, weights] = ["x", "y", "w"].map((kind) => listed(values, kind));
    const one = (all) => (all.length === 1 ? all[0] : all);
    const { classWeight } = made;
    const more = weights.length > 0 ? { sampleWeight: one(weights) } : {};
    const names = [...values.keys()].flatMap((key) => (key.startsWith("told/") ? key.slice("told/".length) : []));
    const logs = names.map(() => []);
    for (const _ of values.get("told/loss").data) {
      const told = classWeight
        ? (await model.fit(x, one(y), { epochs: 1, shuffle: false, batchSize: x[0].shape[0], classWeight })).history
        : await model.trainOnBatch(x, one(y), more);
      names.forEach((name, i) => {
        if (!name.startsWith("val_")) logs[i].push(classWeight ? Number(told[name]?.[0]) : numberOf(told, name));
      });
    }
    const left = await model.getWeights();
    const tested = await model.testOnBatch(x, one(y), more);
    names.forEach((name, i) => name.startsWith("val_") && logs[i].push(numberOf(tested, name.slice("val_".length))));
    const data = (kind) => listed(values, kind).map((tensor) => tensor.data);
    const found = [...logs, ...left.map((tensor) => tensor.data)];
    const truth = [...data("exact"), ...data("truth")];
    const [ours, keras] = [found, [...data("told"), ...data("after")]].map((all) => errorsOf(all, truth));
    const places = [...names, ...model.weights.map(({ path }) => path)];
    const [least, own] = [ours.map((error, i) => error / Math.max(2 * keras[i], FLOOR)), Math.max(...keras)];
    const i = least.indexOf(Math.max(...least));
    // One weight that float32 cannot tell changes what all others get.
    if (least[i] <= 1) return add("equal");
    if (own > ILL) return add("ill-conditioned");
    if (ours[i] <= 2 * own) return add("equal, by the worst of Keras's weights");
    const again = await worker.ask({ seed, attempt, folder, nudged: true });
    if (again.failed !== undefined) throw new Error(again.failed);
    const nudged = await lib.values(join(folder, "nudged.npz"));
    const bits = ["told", "after"].flatMap((kind) => listed(nudged, kind).map((tensor) => tensor.data));
    if (ours[i] <= 2 * Math.max(...errorsOf(bits, truth))) return add("ill-conditioned, by a last bit");
    mismatches.push({ seed, attempt, folder, ...made, name: places[i], ours: ours[i], keras: keras[i], own });
  } finally {
    model.dispose();
  }
}

const seeds = Array.from({ length: options.count }, (_, i) => options.seed * 1e6 + options.from + i);
const folder = join(WORK, "training", options.library);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

async function lane() {
  const worker = new Worker(python, options.library, "training.py");
  for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
    const made = await worker.ask({ seed, folder: join(folder, String(seed)) });
    worker.renewAfter(100);
    if (made.failed !== undefined) {
      add(`undrawn: ${made.failed.split(/[:\n]/).slice(0, 2).join(":").slice(0, 70)}`);
      continue;
    }
    const before = mismatches.length;
    try {
      await check(worker, made);
      add(`optimizer ${made.optimizer}`);
      for (const [name] of made.losses) add(`loss ${name}`);
    } catch (error) {
      if (/^(unsupported|mismatch)\//.test(error.code ?? "")) {
        const message = error.message.split("\n").slice(0, 2).join(" ").slice(0, 150);
        add(`refused: ${message}`);
        process.stderr.write(`refused ${seed}: ${message}\n`);
      } else mismatches.push({ ...made, name: String(error.stack ?? error).slice(0, 600) });
    }
    if (mismatches.length === before) rmSync(made.folder, { recursive: true, force: true });
    else process.stderr.write(`${JSON.stringify({ ...mismatches.at(-1), folder: undefined })}\n`);
  }
  worker.stop();
}
await Promise.all(Array.from({ length: options.jobs }, lane));
for (const [key, n] of [...counts].sort()) console.log(`${String(n).padStart(5)}  ${key}`);
console.log(`${mismatches.length} mismatches`);
process.exitCode = mismatches.length > 0 ? 1 : 0;
