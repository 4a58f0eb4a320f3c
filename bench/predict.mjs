// Time of one `predict`, backend beside backend, in turn:
//   npm run build && node bench/predict.mjs
// Models are built from code with seeded weights. Minimum and median of the calls, in milliseconds.
import { argumentsOf } from "../scripts/arguments.mjs";
import { layers, Sequential, setRandomSeed, tensor } from "../dist/node.js";

argumentsOf(import.meta);

const BACKENDS = ["wasm", "reference"];
const BUDGET_MS = 1500;

setRandomSeed(1);
const model = (...list) => new Sequential({ layers: list });
const WORKLOADS = [
  ["LSTM(32), 10 x 64", [1, 10, 64], () => model(layers.lstm({ units: 32, inputShape: [10, 64] }))],
  [
    "LSTM 64-32-10, softmax",
    [1, 10, 64],
    () =>
      model(
        layers.lstm({ units: 64, returnSequences: true, inputShape: [10, 64] }),
        layers.lstm({ units: 32, returnSequences: true }),
        layers.lstm({ units: 10 }),
        layers.dense({ units: 10, activation: "softmax" }),
      ),
  ],
  ["LSTM(256), 100 x 128", [1, 100, 128], () => model(layers.lstm({ units: 256, inputShape: [100, 128] }))],
  ["GRU(256), 100 x 128", [1, 100, 128], () => model(layers.gru({ units: 256, inputShape: [100, 128] }))],
  [
    "Bidirectional LSTM(128), 200 x 64",
    [1, 200, 64],
    () => model(layers.bidirectional({ layer: layers.lstm({ units: 128 }), inputShape: [200, 64] })),
  ],
  [
    "ConvLSTM2D(16), 8 x 40 x 40 x 3",
    [1, 8, 40, 40, 3],
    () => model(layers.convLstm2d({ filters: 16, kernelSize: 3, padding: "same", inputShape: [8, 40, 40, 3] })),
  ],
  [
    "Conv3D(8), 3 x 10 x 128 x 128, first",
    [1, 3, 10, 128, 128],
    () =>
      model(layers.conv3d({ filters: 8, kernelSize: 3, dataFormat: "channels_first", inputShape: [3, 10, 128, 128] })),
  ],
];

function input(shape) {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
    shape,
  );
}

const cell = (times) => {
  const sorted = [...times].sort((a, b) => a - b);
  return `${sorted[0].toFixed(3)} / ${sorted[sorted.length >> 1].toFixed(3)}`.padStart(20);
};

console.log(`Node ${process.versions.node}, ${process.arch}, one thread; minimum / median, ms`);
console.log(`${"".padEnd(38)}${BACKENDS.map((name) => name.padStart(20)).join("")}`);
for (const [title, shape, make] of WORKLOADS) {
  const made = make();
  const x = input(shape);
  const times = new Map(BACKENDS.map((name) => [name, []]));
  for (const backend of BACKENDS) await made.predict(x, { backend });
  const end = performance.now() + BUDGET_MS;
  while (performance.now() < end) {
    for (const [backend, list] of times) {
      const begin = performance.now();
      await made.predict(x, { backend });
      list.push(performance.now() - begin);
    }
  }
  console.log(title.padEnd(38) + BACKENDS.map((name) => cell(times.get(name))).join(""));
}
