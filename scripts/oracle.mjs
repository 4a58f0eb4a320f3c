#!/usr/bin/env node
/**
 * The live check against real Keras: random models by Keras 3 and tf-keras, run by keraport on both backends, written by
 * keraport, read back by the library they came from.
 *
 *     npm run oracle -- [--count 1000] [--tf-count 300] [--seed 1] [--from 0] [--only keras3|tf-keras] [--coverage FILE] [--sweep] [--trial wrappers|shared|structures] [--keep] [--tfjs] [--consumers] [--jobs 2] [--chunk 20] [--no-build]
 *
 * --coverage: FILE counts, over all runs that name it, which options of which classes had which values; models are drawn towards what
 * has none yet, and the table is printed (`--count 0`: the table alone).
 * --sweep: instead of random models those that fill the table: each empty cell (of FILE, else all) in one, `--from` and `--count` take some of
 * them; also each class with inputs of every dtype, and with what is not finite or at the ends of a dtype. Ends with the table.
 * --trial: random models of one kind: wrappers around every inner layer with masks and policies; layers and nested models called again with
 * other shapes, dtypes and masks; inputs and outputs in nested structures.
 * --tfjs: what is written for TensorFlow.js is judged by it too. --consumers: what is written as ONNX, safetensors and .npz by onnx.checker, ONNX Runtime, OpenVINO, safetensors
 * and NumPy; first all fixtures, then the models (`--count 0`: the fixtures alone). Exit code 0: no mismatch. 1: mismatches, each kept in .oracle/failures with its spec, its smallest form and its files; or
 * more than 2 % of the models on the wasm backend off by more than the contract allows, whatever lets them pass.
 * KERAPORT_ORACLE_PYTHON names an interpreter that has scripts/oracle/requirements.txt; without it one is made in .oracle/venv.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { argumentsOf } from "./arguments.mjs";
import { library } from "./oracle/check.mjs";
import { Consumers, judgeFixtures } from "./oracle/consumers.mjs";
import { Coverage } from "./oracle/coverage.mjs";
import { interpreter } from "./oracle/python.mjs";
import { Report } from "./oracle/report.mjs";
import { Slot } from "./oracle/slot.mjs";

const ROOT = join(import.meta.dirname, "..");
const WORK = join(ROOT, ".oracle");

const options = argumentsOf(import.meta, {
  count: { type: "number" },
  "tf-count": { type: "number" },
  seed: { type: "number", default: "1" },
  from: { type: "number", default: "0" },
  only: { type: "string" },
  coverage: { type: "string" },
  sweep: { type: "boolean", default: false },
  trial: { type: "string" },
  keep: { type: "boolean", default: false },
  jobs: { type: "number", default: String(Math.min(4, availableParallelism())) },
  chunk: { type: "number", default: "20" },
  "no-build": { type: "boolean", default: false },
  tfjs: { type: "boolean", default: false },
  consumers: { type: "boolean", default: false },
  "no-shrink": { type: "boolean", default: false },
});

const count = options.count ?? 1000;
const seed = options.seed;
const { only } = options;

if (!options["no-build"]) {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", join(ROOT, "tsconfig.build.json"), "--outDir", join(WORK, "dist"), "--declaration", "false"];
  execFileSync(process.execPath, args, { stdio: "inherit" });
}
const python = interpreter(WORK);
const lib = await library(join(WORK, "dist"));
const coverage = options.coverage || options.sweep ? await Coverage.of(lib, options.coverage) : null;
const rounds = options.sweep ? { keras3: coverage.rounds("keras3"), "tf-keras": coverage.rounds("tf-keras") } : null;
const swept = (name) => Math.max(0, Math.min(options.count ?? Infinity, rounds[name].length - options.from));
const counts = {
  keras3: only === "tf-keras" ? 0 : rounds ? swept("keras3") : count,
  "tf-keras":
    only === "keras3"
      ? 0
      : rounds
        ? swept("tf-keras")
        : (options["tf-count"] ?? (only ? count : Math.round(0.3 * count))),
};

/** Seeds in chunks, the two libraries mixed. Seeds of run n are n·1,000,000 + 0, 1, 2 … */
const chunks = Object.entries(counts).flatMap(([name, total]) => {
  const size = options.chunk;
  return Array.from({ length: Math.ceil(total / size) }, (_, i) => ({
    library: name,
    place: i / Math.ceil(total / size),
    seeds: Array.from(
      { length: Math.min(size, total - i * size) },
      (_, k) => seed * 1_000_000 + options.from + i * size + k,
    ),
  }));
});
chunks.sort((a, b) => a.place - b.place);

const folder = join(WORK, "run");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const report = new Report(
  seed,
  chunks.reduce((sum, chunk) => sum + chunk.seeds.length, 0),
);
const slots = Array.from(
  { length: options.jobs },
  () =>
    new Slot({
      lib,
      python,
      folder,
      failures: join(WORK, "failures"),
      keep: options.keep,
      shrink: !options["no-shrink"],
      tfjs: options.tfjs,
      consumers: options.consumers ? new Consumers(lib, python) : null,
      coverage,
      rounds,
      trial: options.trial,
      report,
    }),
);

// An interrupted run tells what it has found.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    for (const slot of slots) slot.stop();
    report.print();
    process.exit(1);
  });
}
try {
  if (options.consumers)
    await judgeFixtures(
      lib,
      slots.map((slot) => slot.setup.consumers),
      join(ROOT, "fixtures"),
      folder,
      report,
    );
  await Promise.all(
    slots.map(async (slot) => {
      for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) await slot.run(chunk);
      slot.stop();
    }),
  );
} finally {
  for (const slot of slots) slot.stop();
}
report.print();
coverage?.print();
if (!options.keep) rmSync(folder, { recursive: true, force: true });
process.exitCode = report.isBad ? 1 : 0;
