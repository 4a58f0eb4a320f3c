// Steps of training, of eight models, by Adam:
//   npm run build && [KERAS_PYTHON=python] node bench/training.mjs [--model lstm,mlp] [--batch 32] [--rounds 12] [--steps 20]
// `KERAS_PYTHON`: a Python that has Keras on TensorFlow; its `train_on_batch` (all cores, its compiled function) takes turns
// with ours (one thread) and, for models that it reads and trains, TensorFlow.js's `trainOnBatch` (its CPU backend, unless
// `--tfjs` names another package of a backend; `--tfjs none` for none). First all train the same model on the same data, and
// their losses are compared. Each round gives the mean of its steps; told are the fastest round, the median, and the slowest
// over the fastest: the machine's noise. The last column is one step over one `predict` of the same batch.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { argumentsOf } from "../scripts/arguments.mjs";

const options = argumentsOf(import.meta, {
  model: { type: "string" },
  batch: { type: "number", default: "32" },
  rounds: { type: "number", default: "12" },
  steps: { type: "number", default: "20" },
  tfjs: { type: "string", default: "@tensorflow/tfjs-backend-cpu" },
  dist: { type: "string", default: "../dist" },
});
const { batch, rounds, steps } = options;
const { Input, layers, Model, save, setRandomSeed, tensor } = await import(`${options.dist}/node.js`);
const { toLayersModel } = await import(`${options.dist}/tfjs.js`);

const stacked =
  (...all) =>
  (x) =>
    all.reduce((y, layer) => layer.apply(y), x);
function transformer(x) {
  const attended = layers.multiHeadAttention({ numHeads: 4, keyDim: 16 }).apply(x, { value: x });
  const y = layers.layerNormalization().apply(layers.add().apply([x, attended]));
  const wide = layers.dense({ units: 128, activation: "relu" }).apply(y);
  const z = layers.layerNormalization().apply(layers.add().apply([y, layers.dense({ units: 64 }).apply(wide)]));
  return layers.globalAveragePooling1d().apply(z);
}
/** Shapes of one sample and what comes in front of the softmax; `words`: how many there are. */
const MODELS = {
  lstm: {
    shape: [10, 64],
    body: () => stacked(layers.lstm({ units: 64, returnSequences: true }), layers.lstm({ units: 32 })),
  },
  text: {
    shape: [50],
    words: 2000,
    body: () =>
      stacked(layers.embedding({ inputDim: 2000, outputDim: 64, maskZero: true }), layers.gru({ units: 128 })),
  },
  bidirectional: { shape: [20, 32], body: () => stacked(layers.bidirectional({ layer: layers.lstm({ units: 64 }) })) },
  convlstm: {
    shape: [5, 16, 16, 3],
    body: () => stacked(layers.convLstm2d({ filters: 16, kernelSize: 3 }), layers.flatten()),
  },
  conv3d: {
    shape: [8, 16, 16, 2],
    body: () =>
      stacked(
        layers.conv3d({ filters: 16, kernelSize: 3, activation: "relu" }),
        layers.conv3d({ filters: 16, kernelSize: 3, activation: "relu" }),
        layers.flatten(),
      ),
  },
  cnn: {
    shape: [28, 28, 1],
    body: () =>
      stacked(
        layers.conv2d({ filters: 16, kernelSize: 3 }),
        layers.batchNormalization(),
        layers.reLU(),
        layers.maxPooling2d({}),
        layers.conv2d({ filters: 32, kernelSize: 3 }),
        layers.batchNormalization(),
        layers.reLU(),
        layers.maxPooling2d({}),
        layers.flatten(),
      ),
  },
  mlp: {
    shape: [784],
    body: () =>
      stacked(layers.dense({ units: 256, activation: "relu" }), layers.dense({ units: 128, activation: "relu" })),
  },
  transformer: { shape: [32, 64], body: () => transformer },
};
const CLASSES = 10;
const KERAS = `
import os, sys, time
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
import keras, numpy as np
n, words = int(sys.argv[2]), int(sys.argv[3])
model = keras.models.load_model(sys.argv[1])
shape = (n, *model.inputs[0].shape[1:])
i = np.arange(np.prod(shape), dtype="float64").reshape(shape)
x = (i * 7 % words).astype("int32") if words else np.sin(1.3 * i).astype("float32")
y = (np.arange(n) % ${CLASSES}).astype("int32")
for line in sys.stdin:
    start = time.perf_counter()
    for _ in range(int(line)):
        loss = model.train_on_batch(x, y)
    print(1000 * (time.perf_counter() - start) / int(line), float(loss), flush=True)
`;

/** TensorFlow.js with a backend; null where it is not installed. */
async function tensorFlowJs() {
  if (options.tfjs === "none") return null;
  try {
    const [core, more] = [await import("@tensorflow/tfjs-core"), await import("@tensorflow/tfjs-layers")];
    await import(options.tfjs);
    await core.ready();
    return { ...core, ...more };
  } catch {
    return null;
  }
}
const tf = await tensorFlowJs();

/** Steps of TensorFlow.js; null where it does not read or train the model. */
async function inTensorFlowJs(model, x, y) {
  try {
    const theirs = await toLayersModel(model, tf);
    theirs.compile({ optimizer: tf.train.adam(0.001), loss: "sparseCategoricalCrossentropy" });
    const [xs, ys] = [tf.tensor(x.data, x.shape), tf.tensor1d(Float32Array.from(y))];
    await theirs.trainOnBatch(xs, ys);
    return async (count) => {
      const start = performance.now();
      let loss;
      for (let i = 0; i < count; i++) loss = await theirs.trainOnBatch(xs, ys);
      return [(performance.now() - start) / count, loss];
    };
  } catch (error) {
    console.log(`TensorFlow.js: ${error.message.split("\n")[0].slice(0, 100)}`);
    return null;
  }
}

async function compare(name) {
  const { shape, words = 0, body } = MODELS[name];
  setRandomSeed(1);
  const input = Input({ shape, ...(words > 0 && { dtype: "int32" }) });
  const output = layers.dense({ units: CLASSES, activation: "softmax" }).apply(body()(input));
  const model = new Model({ inputs: input, outputs: output });
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  const size = shape.reduce((n, length) => n * length, batch);
  const data =
    words > 0
      ? Int32Array.from({ length: size }, (_, i) => (i * 7) % words)
      : Float32Array.from({ length: size }, (_, i) => Math.sin(1.3 * i));
  const x = tensor(data, [batch, ...shape]);
  const y = Int32Array.from({ length: batch }, (_, i) => i % CLASSES);
  const theirs = tf && (await inTensorFlowJs(model, x, y));
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
  if (theirs !== null) candidates.set("TensorFlow.js", theirs);

  const python = process.env.KERAS_PYTHON;
  const folder = mkdtempSync(join(tmpdir(), "keraport-bench-"));
  let child;
  try {
    if (python !== undefined) {
      const file = join(folder, "model.keras");
      await save(model, file);
      child = spawn(python, ["-c", KERAS, file, String(batch), String(words)], { stdio: ["pipe", "pipe", "ignore"] });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      candidates.set("Keras", async (count) => {
        child.stdin.write(`${count}\n`);
        const { value, done } = await lines.next();
        if (done) throw new Error(`${python} ended: has it Keras on TensorFlow?`);
        return value.split(" ").map(Number);
      });
    }
    // TensorFlow.js's Adam is another: its loss is near.
    const losses = [];
    for (const [who, run] of candidates) losses.push([who, (await run(5))[1]]);
    const [[, own]] = losses;
    if (losses.some(([who, loss]) => Math.abs(loss - own) > (who === "Keras" ? 1e-4 : 0.05) * own))
      throw new Error(`losses ${losses.join(", ")}`);
    /** Slow ones do fewer steps. */
    const counts = new Map();
    for (const [who, run] of candidates)
      counts.set(who, Math.max(1, Math.min(steps, Math.round(2000 / (await run(2))[0]))));

    const times = new Map([...candidates.keys()].map((who) => [who, []]));
    const forward = [];
    for (let round = 0; round < rounds; round++) {
      for (const [who, run] of candidates) times.get(who).push((await run(counts.get(who)))[0]);
      const start = performance.now();
      for (let i = 0; i < steps; i++) await model.predict(x);
      forward.push((performance.now() - start) / steps);
    }
    console.log(
      `${name} [${shape}], batch ${batch}, Node ${process.versions.node}; ${rounds} rounds of up to ${steps} steps`,
    );
    const fastest = Math.min(...times.get("keraport"));
    for (const [who, all] of times) {
      const sorted = all.toSorted((a, b) => a - b);
      const [least, median, most] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
      const ratio =
        who === "keraport"
          ? `, ${(least / Math.min(...forward)).toFixed(2)} x its predict`
          : `, ${(least / fastest).toFixed(2)} x keraport's time`;
      console.log(
        `${who}: ${least.toFixed(2)} ms a step (median ${median.toFixed(2)}), ${Math.round(1000 / least)} steps a second, noise ${(most / least).toFixed(2)}${ratio}`,
      );
    }
  } finally {
    child?.stdin.end();
    rmSync(folder, { recursive: true, force: true });
  }
  model.dispose();
}

for (const name of options.model?.split(",") ?? Object.keys(MODELS)) await compare(name);
