/**
 * Time of one `predictSync` with one thread and with several, the same model and input, also beside endless loops:
 *   npm run build && node bench/threads.mjs [--threads 2] [--busy 2] [--seconds 8] [--only CNN/LSTM] [--dist FOLDER,FOLDER]
 * Both take turns, a few calls at a time and each first as often as the other, so that what else runs hits them alike. Told
 * are minimum, median, 90th percentile and mean of the calls in milliseconds, and how much faster the several are: the
 * quotient of the means, with what nine of ten resamplings of the rounds lie between. Of more than one build the several
 * threads of each are compared with one thread of the first.
 */
import { Worker } from "node:worker_threads";
import { argumentsOf } from "../scripts/arguments.mjs";

const options = argumentsOf(import.meta, {
  threads: { type: "number", default: "2" },
  busy: { type: "number", default: "0" },
  seconds: { type: "number", default: "8" },
  dist: { type: "string", default: "../dist" },
  only: { type: "string", default: "" },
});
/** Calls of a turn: at least so many, and at least so many milliseconds. */
const CALLS = 4;
const TURN = 40;
const RESAMPLINGS = 1000;

const activation = "relu";
const conv = (filters, more = {}) => ({ filters, kernelSize: 3, padding: "same", activation, ...more });
/** Input shape, and the layers by the functions that make them and what these take. */
const WORKLOADS = {
  "Conv2D 64 -> 64, 56 x 56, batch 8": [
    [8, 56, 56, 64],
    ["conv2d", conv(64)],
  ],
  "CNN of 12 Conv2D, 32 x 32, batch 1": [
    [1, 32, 32, 16],
    ...Array.from({ length: 6 }, () => ["conv2d", conv(16)]),
    ["conv2d", conv(32, { strides: 2 })],
    ...Array.from({ length: 5 }, () => ["conv2d", conv(32)]),
  ],
  "Conv1D 64 -> 64 twice, 1000, batch 1": [
    [1, 1000, 64],
    ["conv1d", conv(64)],
    ["conv1d", conv(64)],
  ],
  "Dense 1024 -> 1024, batch 512": [
    [512, 1024],
    ["dense", { units: 1024 }],
  ],
  "Dense 1024 -> 1024 four times, batch 1": [
    [1, 1024],
    ...Array.from({ length: 4 }, () => ["dense", { units: 1024, activation }]),
  ],
  "softmax of gelu, 256 x 2048": [
    [1, 256, 2048],
    ["activation", { activation: "gelu" }],
    ["softmax", {}],
  ],
  "LSTM(256), 100 x 128, batch 32": [
    [32, 100, 128],
    ["lstm", { units: 256 }],
  ],
  "LSTM(256), 100 x 128, batch 1": [
    [1, 100, 128],
    ["lstm", { units: 256 }],
  ],
  "Bidirectional LSTM(128), 200 x 64, batch 1": [
    [1, 200, 64],
    ["bidirectional", "lstm", { units: 128 }],
  ],
  "LSTM(32), 10 x 64, batch 1 (too small)": [
    [1, 10, 64],
    ["lstm", { units: 32 }],
  ],
};

const [first, ...others] = await Promise.all(
  options.dist.split(",").map(async (folder) => ({ folder, api: await import(`${folder}/node.js`) })),
);
const SIDES = [1, options.threads].map((count) => ({ ...first, count }));
for (const other of others) SIDES.push({ ...other, count: options.threads });

const busy = Array.from(
  { length: options.busy },
  () => new Worker("let x = 1; for (;;) x = Math.sin(x) + 1;", { eval: true }),
);

function made({ api, count }, [shape, ...made]) {
  const { layers, Sequential, setRandomSeed } = api;
  setRandomSeed(1);
  const list = made.map(([name, of, inner], i) => {
    const inputShape = i === 0 ? { inputShape: shape.slice(1) } : {};
    return inner === undefined
      ? layers[name]({ ...of, ...inputShape })
      : layers[name]({ layer: layers[of](inner), ...inputShape });
  });
  const model = new Sequential({ layers: list });
  return { model, ready: model.prepare({ shapes: [shape], threads: count, warmUp: 10 }) };
}

/** Times of the calls of a turn. */
function turn(model, x) {
  const times = [];
  for (let spent = 0; spent < TURN || times.length < CALLS;) {
    const start = performance.now();
    model.predictSync(x);
    times.push(performance.now() - start);
    spent += times.at(-1);
  }
  return times;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const quantile = (values, share) => values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))];
const text = (times) =>
  [...[0, 0.5, 0.9].map((share) => quantile(times, share)), mean(times)].map((t) => t.toFixed(2)).join(" / ");

/** Of rounds of two sides: the mean time of one's calls by the other's, and that of resampled rounds. */
function quotient(one, many) {
  const mean = (rounds, at) => {
    const total = { time: 0, calls: 0 };
    for (const i of at) {
      total.time += rounds[i].time;
      total.calls += rounds[i].calls;
    }
    return total.time / total.calls;
  };
  const [a, b] = [one, many].map((rounds) =>
    rounds.map((times) => ({ time: times.reduce((sum, time) => sum + time, 0), calls: times.length })),
  );
  const of = (at) => mean(a, at) / mean(b, at);
  const some = () => Math.floor(Math.random() * one.length);
  const resampled = Array.from({ length: RESAMPLINGS }, () => of(one.map(some)));
  const [low, high] = [0.05, 0.95].map((share) => quantile(resampled, share).toFixed(2));
  return `x${of([...one.keys()]).toFixed(2)} (${low}-${high})`;
}

console.log(
  `Node ${process.versions.node}, ${options.threads} threads, ${busy.length} busy loops; min / median / p90 / mean, ms`,
);
for (const [title, workload] of Object.entries(WORKLOADS)) {
  if (!options.only.split("/").some((part) => title.includes(part))) continue;
  const [shape] = workload;
  const x = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
  const sides = [];
  for (const side of SIDES) {
    const { model, ready } = made(side, workload);
    await ready;
    sides.push({ ...side, model, rounds: [] });
  }
  const outputs = sides.map(({ model }) => model.predictSync(x)[0].data.slice());
  let same = true;
  const end = performance.now() + 1000 * options.seconds * sides.length;
  for (let round = 0; performance.now() < end; round++) {
    const order = round % 2 === 0 ? sides : sides.toReversed();
    for (const { model, rounds } of order) rounds.push(turn(model, x));
    for (const { model } of sides) same &&= model.predictSync(x)[0].data.every((value, i) => value === outputs[0][i]);
  }
  console.log(`${title}${same ? "" : "  DIFFERENT"}, ${sides[0].rounds.length} rounds`);
  for (const { count, folder, rounds } of sides) {
    const name = `  ${count} thread${count === 1 ? "" : "s"}${others.length > 0 ? ` of ${folder}` : ""}`;
    const gain = rounds === sides[0].rounds ? "" : quotient(sides[0].rounds, rounds);
    console.log(`${name.padEnd(34)}${text(rounds.flat()).padStart(34)}  ${gain}`);
  }
  for (const { model } of sides) model.dispose();
}
for (const worker of busy) await worker.terminate();
