// Steps of training, of eight models, by Adam:
//   npm run build && [KERAS_PYTHON=python] node bench/training.mjs [--model lstm,mlp] [--batch 32] [--rounds 12] [--steps 20]
// `KERAS_PYTHON`: a Python that has Keras on TensorFlow; its `train_on_batch` (all cores, its compiled function) takes turns
// with ours (one thread) and, for models that it reads and trains, TensorFlow.js's `trainOnBatch` by the backends of `--tfjs`
// (`none` for none; `wasm` is one of the peers of setup.mjs). First all train the same model on the same data, and
// their losses are compared. Each round gives the mean of its steps; told are the fastest round, the median, the slowest over
// the fastest, the machine's noise, and the processor's time, of all cores, in the round that took least of it. The last column is one step over one `predict` of the same batch. Then `--flat` steps
// more, of models that are fast enough for that: what they leave on the heap and in WebAssembly's memory, and how large that
// is beside the weights, of which Adam keeps two more. `--save`: into results/VERSION.json, for report.mjs.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { argumentsOf } from "../scripts/arguments.mjs";
import { readResults, saveSection } from "./lib/results.mjs";

const options = argumentsOf(import.meta, {
  model: { type: "string" },
  batch: { type: "number", default: "32" },
  rounds: { type: "number", default: "12" },
  steps: { type: "number", default: "20" },
  tfjs: { type: "string", default: "wasm,cpu" },
  flat: { type: "number", default: "1000" },
  save: { type: "boolean", default: false },
  dist: { type: "string", default: "../dist" },
});
const { batch, rounds, steps } = options;
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");
/** Memories of WebAssembly, in the order in which they were made. */
const memories = [];
const Memory = WebAssembly.Memory;
WebAssembly.Memory = class extends Memory {
  constructor(descriptor) {
    super(descriptor);
    memories.push(new WeakRef(this));
  }
};
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
    start, busy = time.perf_counter(), time.process_time()
    for _ in range(int(line)):
        loss = model.train_on_batch(x, y)
    print(1000 * (time.perf_counter() - start) / int(line), float(loss), 1000 * (time.process_time() - busy) / int(line), flush=True)
`;

/** Milliseconds, what the last step told, and the processor's milliseconds, of each of some steps. */
async function timed(count, step) {
  const [start, busy] = [performance.now(), process.cpuUsage()];
  let told;
  for (let i = 0; i < count; i++) told = await step();
  const { user, system } = process.cpuUsage(busy);
  return [(performance.now() - start) / count, told, (user + system) / 1000 / count];
}

/** From the peers where they are installed, else from the package's own development. */
const require = createRequire(new URL("peers/training.cjs", import.meta.url));

/** TensorFlow.js with those of the backends that are installed. */
function tensorFlowJs() {
  const backends = options.tfjs.split(",").filter((name) => {
    try {
      const entry = require.resolve(`@tensorflow/tfjs-backend-${name}`);
      require(entry).setWasmPaths?.(`${dirname(entry)}/`);
      return true;
    } catch {
      return false;
    }
  });
  if (backends.length === 0) return { backends };
  return { tf: { ...require("@tensorflow/tfjs-core"), ...require("@tensorflow/tfjs-layers") }, backends };
}
const { tf, backends } = tensorFlowJs();

/** Steps of TensorFlow.js; null where it does not read or train the model. */
async function inTensorFlowJs(backend, model, x, y) {
  try {
    await tf.setBackend(backend);
    const theirs = await toLayersModel(model, tf);
    theirs.compile({ optimizer: tf.train.adam(0.001), loss: "sparseCategoricalCrossentropy" });
    const [xs, ys] = [tf.tensor(x.data, x.shape), tf.tensor1d(Float32Array.from(y))];
    await theirs.trainOnBatch(xs, ys);
    return async (count) => {
      await tf.setBackend(backend);
      return timed(count, () => theirs.trainOnBatch(xs, ys));
    };
  } catch (error) {
    console.log(`TensorFlow.js ${backend}: ${error.message.split("\n")[0].slice(0, 100)}`);
    return null;
  }
}

/** What steps leave, in bytes, and how much memory of WebAssembly the session of training has. */
async function memoryOf(step, memory) {
  const used = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return [heapUsed, external, memory.buffer.byteLength];
  };
  for (let i = 0; i < 50; i++) await step();
  const before = used();
  for (let i = 0; i < options.flat; i++) await step();
  return used().map((bytes, i) => bytes - before[i]);
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
  const theirs = [];
  for (const backend of backends) theirs.push([backend, await inTensorFlowJs(backend, model, x, y)]);
  await model.trainOnBatch(x, y); // so that the file says how it is trained
  const memory = memories[0].deref();

  const train = async () => (await model.trainOnBatch(x, y)).loss;
  const candidates = new Map([["keraport", (count) => timed(count, train)]]);
  for (const [backend, run] of theirs) if (run !== null) candidates.set(`TensorFlow.js ${backend}`, run);

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
    // TensorFlow.js's Adam is another: its loss is near, or it does not train the model.
    const own = (await candidates.get("keraport")(5))[1];
    for (const [who, run] of [...candidates].slice(1)) {
      const loss = (await run(5))[1];
      if (Math.abs(loss - own) <= (who === "Keras" ? 1e-4 : 0.05) * own) continue;
      if (who === "Keras") throw new Error(`losses ${own} and ${loss}`);
      console.log(`${who}: a loss of ${loss}, not ${own}`);
      candidates.delete(who);
    }
    /** Slow ones do fewer steps. */
    const counts = new Map();
    for (const [who, run] of candidates)
      counts.set(who, Math.max(1, Math.min(steps, Math.round(2000 / (await run(2))[0]))));

    const times = new Map([...candidates.keys()].map((who) => [who, []]));
    const forward = [];
    for (let round = 0; round < rounds; round++) {
      for (const [who, run] of candidates) times.get(who).push(await run(counts.get(who)));
      forward.push((await timed(steps, () => model.predict(x)))[0]);
    }
    console.log(
      `${name} [${shape}], batch ${batch}, Node ${process.versions.node}; ${rounds} rounds of up to ${steps} steps`,
    );
    const fastest = Math.min(...times.get("keraport").map(([ms]) => ms));
    const found = { predict: Math.min(...forward) };
    for (const [who, all] of times) {
      const sorted = all.map(([ms]) => ms).sort((a, b) => a - b);
      const cpu = Math.min(...all.map(([, , ms]) => ms));
      const [least, median, most] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
      found[who] = { least, median, noise: most / least, cpu };
      const ratio =
        who === "keraport"
          ? `, ${(least / Math.min(...forward)).toFixed(2)} x its predict`
          : `, ${(least / fastest).toFixed(2)} x keraport's time`;
      console.log(
        `${who}: ${least.toFixed(2)} ms a step (median ${median.toFixed(2)}; processor ${cpu.toFixed(2)}), noise ${(most / least).toFixed(2)}${ratio}`,
      );
    }
    const weights = model.weights.reduce((sum, w) => sum + 4 * w.shape.reduce((a, n) => a * n, 1), 0);
    const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
    found.memory = { weights, wasm: memory.buffer.byteLength };
    console.log(`memory: weights ${megabytes(weights)}, WebAssembly's of the step ${megabytes(found.memory.wasm)}`);
    if (options.flat > 0 && fastest * options.flat < 60_000) {
      const [heap, external, wasm] = await memoryOf(() => model.trainOnBatch(x, y), memory);
      found.memory.left = { steps: options.flat, heap, external, wasm };
      console.log(
        `${options.flat} steps leave ${heap} bytes on the heap, ${external} outside it, ${wasm} in WebAssembly`,
      );
    }
    if (options.save)
      saveSection("training", { steps: { ...readResults().training?.steps, [`${name}/b${batch}`]: found } });
  } finally {
    child?.stdin.end();
    rmSync(folder, { recursive: true, force: true });
  }
  model.dispose();
}

// Each in a process of its own: sessions take over the memory of others that have ended.
const names = options.model?.split(",") ?? Object.keys(MODELS);
if (names.length === 1) await compare(names[0]);
else
  for (const name of names)
    execFileSync(process.execPath, [...process.argv.slice(1), "--model", name], { stdio: "inherit" });
