/**
 * How the cost of keraport grows, and what a call costs beside its work:
 *   npm run build && node bench/growth.mjs [--dist FOLDER] [--lock FILE] [--dry]
 * Each series runs its models in turn, round by round; minima. A power law is fitted through the points: the exponent says
 * how the cost grows (1: linearly). Writes the section `growth` of bench/results/VERSION.json.
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { argumentsOf } from "../scripts/arguments.mjs";
import { powerLaw } from "./lib/fit.mjs";
import { locked } from "./lib/lock.mjs";
import { saveSection } from "./lib/results.mjs";

const options = argumentsOf(import.meta, {
  dist: { type: "string" },
  lock: { type: "string" },
  dry: { type: "boolean", default: false },
});
const dist = resolve(options.dist ?? new URL("../dist", import.meta.url).pathname);
const { layers, Sequential, setRandomSeed, tensor } = await import(pathToFileURL(`${dist}/node.js`).href);

const ROUNDS = 10;
/** Of each model in each round, in milliseconds. */
const BUDGET = 40;

function input(shape) {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
    shape,
  );
}

const model = (...list) => new Sequential({ layers: list });
const lstm = (units, steps, features) => model(layers.lstm({ units, inputShape: [steps, features] }));
const mlp = () =>
  model(layers.dense({ units: 512, activation: "relu", inputShape: [784] }), layers.dense({ units: 10 }));
const conv = () => model(layers.conv2d({ filters: 32, kernelSize: 3, padding: "same", inputShape: [32, 32, 16] }));
const deep = (count) =>
  model(...Array.from({ length: count }, () => layers.dense({ units: 32, activation: "relu", inputShape: [32] })));

/** Title, what grows, its values, and for each the model and the input's shape. */
const SERIES = [
  ["MLP 784-512-10", "batch", [1, 4, 16, 64, 256], (n) => [mlp(), [n, 784]]],
  ["LSTM(128), 20 x 64", "batch", [1, 4, 16, 64, 256], (n) => [lstm(128, 20, 64), [n, 20, 64]]],
  ["Conv2D(32, 3x3), 32 x 32 x 16", "batch", [1, 2, 4, 8, 16, 32], (n) => [conv(), [n, 32, 32, 16]]],
  ["LSTM(128), 64 features", "time steps", [10, 30, 100, 300, 1000, 3000], (n) => [lstm(128, n, 64), [1, n, 64]]],
  ["LSTM, 20 x 64", "units", [16, 32, 64, 128, 256, 512], (n) => [lstm(n, 20, 64), [1, 20, 64]]],
  ["Dense(32) in a row", "layers", [1, 10, 100, 400, 1500], (n) => [deep(n), [1, 32]]],
];

const now = () => performance.now();

/** A function that runs the model once. */
async function runner(made, shape) {
  const x = input(shape);
  await made.prepare({ shapes: [shape] });
  const out = made.predictSync(x);
  return () => made.predictSync(x, { out });
}

function timed(call, budget) {
  let best = Infinity;
  const end = now() + budget;
  do {
    const begin = now();
    call();
    best = Math.min(best, now() - begin);
  } while (now() < end);
  return best;
}

async function minima(calls) {
  const best = calls.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round++) {
    await locked(options.lock, () => {
      for (const [i, call] of calls.entries()) best[i] = Math.min(best[i], timed(call, BUDGET));
    });
  }
  return best;
}

async function series([title, grows, values, make]) {
  const made = values.map(make);
  const calls = [];
  const first = [];
  for (const [one, shape] of made) {
    const begin = now();
    await one.predict(input(shape));
    first.push(now() - begin);
    calls.push(await runner(one, shape));
  }
  const ms = await minima(calls);
  made.forEach(([one]) => one.dispose());
  const points = values.map((value, i) => [value, ms[i]]);
  const exponents = { all: powerLaw(points)[1], last: powerLaw(points.slice(-2))[1] };
  console.log(
    `${title}, ${grows}: ${points.map(([value, y]) => `${value}: ${y.toPrecision(3)}`).join("  ")} ms; ` +
      `exponent ${exponents.all.toFixed(2)}, last ${exponents.last.toFixed(2)}`,
  );
  return { title, grows, values, ms, first, exponents };
}

/** Microseconds of one call of the smallest model, each function in a loop of its own. */
async function overhead() {
  const made = model(layers.dense({ units: 1, inputShape: [1] }));
  const x = input([1, 1]);
  const perCall = async (loop) => {
    let best = Infinity;
    for (let round = 0; round < 30; round++) {
      const begin = now();
      await loop(2000);
      best = Math.min(best, now() - begin);
    }
    return best / 2;
  };
  await made.prepare({ shapes: [[1, 1]] });
  const out = [new Float32Array(1)];
  const result = {
    predict: await perCall(async (n) => {
      for (let i = 0; i < n; i++) await made.predict(x);
    }),
    predictSync: await perCall((n) => {
      for (let i = 0; i < n; i++) made.predictSync(x);
    }),
    predictSyncOut: await perCall((n) => {
      for (let i = 0; i < n; i++) made.predictSync(x, { out });
    }),
  };
  console.log("overhead, µs:", result);
  return result;
}

setRandomSeed(1);
const results = [];
for (const one of SERIES) results.push(await series(one));
const section = { series: results, overhead: await locked(options.lock, overhead) };
if (!options.dry) saveSection("growth", section);
