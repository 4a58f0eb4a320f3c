// Time of one `predictSync` with one thread and with several, the same model and input:
//   npm run build && node bench/threads.mjs [--threads 2] [--busy 2] [--seconds 4]
// `--busy`: as many endless loops run beside. Minimum, median and mean of the calls in milliseconds, in turn by blocks.
import { Worker } from "node:worker_threads";
import { argumentsOf } from "../scripts/arguments.mjs";

const options = argumentsOf(import.meta, {
  threads: { type: "number", default: "2" },
  busy: { type: "number", default: "0" },
  seconds: { type: "number", default: "4" },
  dist: { type: "string", default: "../dist" },
  only: { type: "string", default: "" },
});
const { layers, Sequential, setRandomSeed } = await import(`${options.dist}/node.js`);
const threads = options.threads;
const BLOCK = 24;

const WORKLOADS = [
  [
    "Conv2D 64 -> 64, 56 x 56, batch 8",
    [8, 56, 56, 64],
    (inputShape) => layers.conv2d({ filters: 64, kernelSize: 3, padding: "same", inputShape }),
  ],
  ["Dense 1024 -> 1024, batch 512", [512, 1024], (inputShape) => layers.dense({ units: 1024, inputShape })],
  ["LSTM(256), 100 x 128, batch 32", [32, 100, 128], (inputShape) => layers.lstm({ units: 256, inputShape })],
  ["LSTM(256), 100 x 128, batch 1", [1, 100, 128], (inputShape) => layers.lstm({ units: 256, inputShape })],
  [
    "Bidirectional LSTM(128), 200 x 64, batch 1",
    [1, 200, 64],
    (inputShape) => layers.bidirectional({ layer: layers.lstm({ units: 128 }), inputShape }),
  ],
  ["LSTM(32), 10 x 64, batch 1 (too small)", [1, 10, 64], (inputShape) => layers.lstm({ units: 32, inputShape })],
];

const busy = Array.from(
  { length: options.busy },
  () => new Worker("let x = 1; for (;;) x = Math.sin(x) + 1;", { eval: true }),
);

const text = (times) => {
  const sorted = times.toSorted((a, b) => a - b);
  const mean = times.reduce((a, b) => a + b, 0) / times.length;
  return [sorted[0], sorted[sorted.length >> 1], mean].map((t) => t.toFixed(2)).join(" / ");
};

console.log(`Node ${process.versions.node}, ${threads} threads, ${busy.length} busy loops; min / median / mean, ms`);
for (const [title, shape, make] of WORKLOADS) {
  if (!title.includes(options.only)) continue;
  const x = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
  const sides = [1, threads].map((count) => {
    const model = new Sequential({ layers: [make(shape.slice(1))] });
    return { model, count, times: [] };
  });
  for (const { model, count } of sides) {
    setRandomSeed(1);
    await model.prepare({ shapes: [shape], threads: count, warmUp: 10 });
  }
  const [a, b] = sides.map(({ model }) => model.predictSync(x)[0].data);
  const equal = a.length === b.length && a.every((value, i) => value === b[i]);
  const end = performance.now() + 1000 * options.seconds;
  while (performance.now() < end) {
    for (const { model, times } of sides) {
      for (let i = 0; i < BLOCK; i++) {
        const start = performance.now();
        model.predictSync(x);
        times.push(performance.now() - start);
      }
    }
  }
  const [one, many] = sides.map(({ times }) => times.reduce((sum, t) => sum + t, 0) / times.length);
  console.log(
    `${title.padEnd(44)}${text(sides[0].times).padStart(24)}${text(sides[1].times).padStart(24)}  x${(one / many).toFixed(2)}${equal ? "" : "  DIFFERENT"}`,
  );
  for (const { model } of sides) model.dispose();
}
for (const worker of busy) await worker.terminate();
