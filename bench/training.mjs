// Steps of training a second: stacked LSTMs of 64 and 32 units and a softmax of 10, 10 steps of 64 features, by Adam:
//   npm run build && [KERAS_PYTHON=python] node bench/training.mjs [--batch 32] [--rounds 12] [--steps 20]
// `KERAS_PYTHON`: a Python that has Keras on TensorFlow; its `train_on_batch` (all cores, its compiled function) takes turns
// with ours (one thread). First both train the same file on the same data, and their losses are compared. Each round gives
// the mean of its steps; told are the fastest round, the median, and the slowest over the fastest: the machine's noise.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: {
    batch: { type: "string", default: "32" },
    rounds: { type: "string", default: "12" },
    steps: { type: "string", default: "20" },
    dist: { type: "string", default: "../dist" },
  },
});
const [batch, rounds, steps] = [options.batch, options.rounds, options.steps].map(Number);
const { layers, save, Sequential, setRandomSeed, tensor } = await import(`${options.dist}/node.js`);

const [TIME, FEATURES, CLASSES] = [10, 64, 10];
const KERAS = `
import os, sys, time
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
import keras, numpy as np
n = int(sys.argv[2])
x = np.sin(1.3 * np.arange(n * ${TIME * FEATURES}, dtype="float64")).reshape(n, ${TIME}, ${FEATURES}).astype("float32")
y = (np.arange(n) % ${CLASSES}).astype("int32")
model = keras.models.load_model(sys.argv[1])
for line in sys.stdin:
    start = time.perf_counter()
    for _ in range(int(line)):
        loss = model.train_on_batch(x, y)
    print(1000 * (time.perf_counter() - start) / int(line), float(loss), flush=True)
`;

setRandomSeed(1);
const model = new Sequential();
model.add(layers.lstm({ units: 64, returnSequences: true, inputShape: [TIME, FEATURES] }));
model.add(layers.lstm({ units: 32 }));
model.add(layers.dense({ units: CLASSES, activation: "softmax" }));
model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
const size = batch * TIME * FEATURES;
const x = tensor(
  Float32Array.from({ length: size }, (_, i) => Math.sin(1.3 * i)),
  [batch, TIME, FEATURES],
);
const y = Int32Array.from({ length: batch }, (_, i) => i % CLASSES);
await model.trainOnBatch(x, y); // so that the file says how it is trained

const candidates = new Map([
  [
    "keraport",
    async (count) => {
      const start = performance.now();
      let logs;
      for (let i = 0; i < count; i++) logs = await model.trainOnBatch(x, y);
      return [(performance.now() - start) / count, logs.loss];
    },
  ],
]);

const python = process.env.KERAS_PYTHON;
const folder = mkdtempSync(join(tmpdir(), "keraport-bench-"));
let child;
try {
  if (python !== undefined) {
    const file = join(folder, "model.keras");
    await save(model, file);
    child = spawn(python, ["-c", KERAS, file, String(batch)], { stdio: ["pipe", "pipe", "ignore"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    candidates.set("Keras", async (count) => {
      child.stdin.write(`${count}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${python} ended: has it Keras on TensorFlow?`);
      return value.split(" ").map(Number);
    });
  }
  const losses = [];
  for (const run of candidates.values()) losses.push((await run(5))[1]);
  if (losses.some((loss) => Math.abs(loss - losses[0]) > 1e-4 * losses[0]))
    throw new Error(`losses ${losses.join(", ")}`);
  for (const run of candidates.values()) await run(steps);

  const times = new Map([...candidates.keys()].map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [name, run] of candidates) times.get(name).push((await run(steps))[0]);
  console.log(`LSTM 64-32-10, batch ${batch}, Node ${process.versions.node}; ${rounds} rounds of ${steps} steps`);
  const fastest = Math.min(...times.get("keraport"));
  for (const [name, all] of times) {
    const sorted = all.toSorted((a, b) => a - b);
    const [least, median, most] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
    const ratio = name === "keraport" ? "" : `, ${(least / fastest).toFixed(2)} x keraport's time`;
    console.log(
      `${name}: ${least.toFixed(2)} ms a step (median ${median.toFixed(2)}), ${Math.round(1000 / least)} steps a second, noise ${(most / least).toFixed(2)}${ratio}`,
    );
  }
} finally {
  child?.stdin.end();
  rmSync(folder, { recursive: true, force: true });
}
