#!/usr/bin/env node
/**
 * The live check of training: random models of Keras 3 with random losses and optimizers, three steps each, against Keras in
 * float32 and float64. The model's own file says how it is trained.
 *
 *     node scripts/oracle/training.mjs [--count 100] [--seed 1] [--from 0] [--jobs 1] [--no-build]
 *
 * A weight may be off by twice what Keras's own float32 is, or 1e-6 of its largest. Exit code 1: mismatches; their files stay in
 * .oracle/training. Models in which float32 itself is off by more than 1e-4 say nothing and are counted.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { library } from "./check.mjs";
import { interpreter, Worker } from "./python.mjs";

const ROOT = join(import.meta.dirname, "../..");
const WORK = join(ROOT, ".oracle");
const FLOOR = 1e-6;
/** Beyond this Keras's own error decides nothing. */
const ILL = 1e-4;

const { values: options } = parseArgs({
  options: {
    count: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    jobs: { type: "string", default: "1" },
    "no-build": { type: "boolean", default: false },
  },
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

async function check({ folder, seed, ...made }) {
  const values = await lib.values(join(folder, "data.npz"));
  const model = await lib.load(join(folder, "model.keras"));
  try {
    const [x, y] = ["x", "y"].map((kind) => listed(values, kind));
    const sampleWeight = values.get("w");
    const losses = [];
    for (const _ of values.get("told").data) {
      const { loss } = await model.trainOnBatch(x, y.length === 1 ? y[0] : y, sampleWeight && { sampleWeight });
      losses.push(loss);
    }
    const found = await model.getWeights();
    const [keras, truth] = ["after", "truth"].map((kind) => listed(values, kind));
    const rows = [
      ["loss", losses, values.get("told").data, values.get("exact").data],
      ...truth.map((t, i) => [model.weights[i].path, found[i].data, keras[i].data, t.data]),
    ];
    const errors = rows.map(([name, ours, theirs, exact]) => ({
      name,
      ours: off(ours, exact),
      keras: off(theirs, exact),
    }));
    const worst = errors.reduce((a, b) =>
      b.ours / Math.max(2 * b.keras, FLOOR) > a.ours / Math.max(2 * a.keras, FLOOR) ? b : a,
    );
    // One weight that float32 cannot tell changes what all others get.
    const own = Math.max(...errors.map((one) => one.keras));
    if (worst.ours <= Math.max(2 * worst.keras, FLOOR)) add("equal");
    else if (own > ILL) add("ill-conditioned");
    else if (worst.ours <= Math.max(2 * own, FLOOR)) add("equal, by the worst of Keras's weights");
    else mismatches.push({ seed, folder, ...made, ...worst, own });
  } finally {
    model.dispose();
  }
}

const seeds = Array.from(
  { length: Number(options.count) },
  (_, i) => Number(options.seed) * 1e6 + Number(options.from) + i,
);
rmSync(join(WORK, "training"), { recursive: true, force: true });
mkdirSync(join(WORK, "training"), { recursive: true });

async function lane() {
  const worker = new Worker(python, "keras3", "training.py");
  for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
    const made = await worker.ask({ seed, folder: join(WORK, "training", String(seed)) });
    worker.renewAfter(100);
    if (made.failed !== undefined) {
      add(`undrawn: ${made.failed.split(/[:\n]/).slice(0, 2).join(":").slice(0, 70)}`);
      continue;
    }
    const before = mismatches.length;
    try {
      await check(made);
      add(`optimizer ${made.optimizer}`);
      for (const [name] of made.losses) add(`loss ${name}`);
    } catch (error) {
      if (/^(unsupported|mismatch)\//.test(error.code ?? ""))
        add(`refused: ${error.message.split("\n").slice(0, 2).join(" ").slice(0, 150)}`);
      else mismatches.push({ ...made, name: String(error.stack ?? error).slice(0, 600) });
    }
    if (mismatches.length === before) rmSync(made.folder, { recursive: true, force: true });
    else process.stderr.write(`${JSON.stringify({ ...mismatches.at(-1), folder: undefined })}\n`);
  }
  worker.stop();
}
await Promise.all(Array.from({ length: Number(options.jobs) }, lane));
for (const [key, n] of [...counts].sort()) console.log(`${String(n).padStart(5)}  ${key}`);
console.log(`${mismatches.length} mismatches`);
process.exitCode = mismatches.length > 0 ? 1 : 0;
