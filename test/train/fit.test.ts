/** The loop: epochs, batches, validation, history; the model's own weights are those that were trained. */
import { expect, it } from "vitest";
import {
  type Callback,
  callbacks,
  Input,
  layers,
  load,
  losses,
  metrics,
  Model,
  type Optimizer,
  optimizers,
  save,
  Sequential,
  setRandomSeed,
  tensor,
} from "../../src/node.ts";

const COUNT = 50;
const uniform = (seed: number) => () => ((seed = (seed * 16807) % 2147483647) / 2147483647) * 2 - 1;

/** A model, and sequences of which it is to say whether they rise. */
function task() {
  setRandomSeed(1);
  const model = new Sequential({
    layers: [
      layers.lstm({ units: 6, inputShape: [5, 1] }),
      layers.dropout({ rate: 0.1 }),
      layers.dense({ units: 2, activation: "softmax" }),
    ],
  });
  const random = uniform(7);
  const starts = Array.from({ length: COUNT }, random);
  const x = tensor(starts.map((start, i) => [0, 1, 2, 3, 4].map((t) => [start + (i % 2 === 0 ? t : -t) / 4])));
  const y = tensor(
    Int32Array.from(starts, (_, i) => i % 2),
    [COUNT],
  );
  return { model, x, y };
}

it("fit learns, tells each epoch, and leaves its weights in the model", { timeout: 30_000 }, async () => {
  const { model, x, y } = task();
  const told: string[] = [];
  const callback: Callback = {
    onEpochEnd: (_, epoch, logs) => void told.push(`${epoch} ${Object.keys(logs).join(" ")}`),
  };
  model.compile({ optimizer: optimizers.adam({ learningRate: 0.03 }), loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] }); // prettier-ignore
  const { epoch, history } = await model.fit(x, y, { epochs: 12, batchSize: 16, validationSplit: 0.2, callbacks: [callback] }); // prettier-ignore
  expect(epoch).toEqual(Array.from({ length: 12 }, (_, i) => i));
  expect(Object.keys(history)).toEqual(["loss", "accuracy", "val_loss", "val_accuracy"]);
  expect(told[11]).toBe("11 loss accuracy val_loss val_accuracy");
  expect(history["val_accuracy"]!.at(-1)).toBe(1);
  expect(history["val_loss"]!.at(-1)!).toBeLessThan(history["val_loss"]![0]! / 2);

  const [predicted] = await model.predict(x);
  const hits = Array.from({ length: COUNT }, (_, i) => Number(predicted!.at(i, i % 2) > 0.5));
  const { accuracy, loss } = await model.evaluate(x, y);
  expect(accuracy).toBeCloseTo(hits.reduce((a, b) => a + b, 0) / COUNT, 6);
  const nll = Array.from({ length: COUNT }, (_, i) => -Math.log(predicted!.at(i, i % 2)));
  expect(loss).toBeCloseTo(nll.reduce((a, b) => a + b, 0) / COUNT, 5);

  const file = (await save(model, { format: "keras-v3" })).values().next().value!;
  expect((await (await load(file)).predict(x))[0]!.data).toEqual(predicted!.data);
});

it("fit is the same again from the same seed, on both engines nearly", { timeout: 30_000 }, async () => {
  const run = async (backend: "wasm" | "reference", seed: number) => {
    const { model, x, y } = task();
    const own = await load((await save(model, { format: "keras-v3" })).values().next().value!, { backend });
    own.compile({ optimizer: "sgd", loss: losses.sparseCategoricalCrossentropy({}) });
    await own.fit(x, y, { epochs: 2, batchSize: 20, seed });
    return Float64Array.from((await own.getWeights()).flatMap(({ data }) => Array.from(data as Float32Array)));
  };
  const [a, b, other, exact] = [await run("wasm", 3), await run("wasm", 3), await run("wasm", 4), await run("reference", 3)]; // prettier-ignore
  expect(a).toEqual(b);
  expect(a).not.toEqual(other);
  exact.forEach((value, i) => expect(Math.abs(value - a[i]!)).toBeLessThan(1e-5));
});

it("weights of samples and of classes count as often as they say", async () => {
  const run = async (options: object) => {
    const { model, x, y } = task();
    model.compile({ optimizer: optimizers.sgd({ learningRate: 0.5 }), loss: "sparse_categorical_crossentropy", weightedMetrics: ["accuracy"] }); // prettier-ignore
    await model.fit(x, y, { batchSize: COUNT, shuffle: false, ...options });
    return (await model.getWeights()).map(({ data }) => data);
  };
  const sampleWeight = Array.from({ length: COUNT }, (_, i) => (i % 2 === 0 ? 1 : 3));
  expect(await run({ classWeight: { 0: 1, 1: 3 } })).toEqual(await run({ sampleWeight }));
  expect(await run({ sampleWeight })).not.toEqual(await run({}));
});

it("a frozen layer stays, and batches one by one train the others", async () => {
  const model = new Sequential({
    layers: [
      layers.dense({ units: 3, trainable: false, inputShape: [2] }),
      layers.batchNormalization({ trainable: false }),
      layers.dense({ units: 1 }),
    ],
  });
  const before = await model.getWeights();
  model.compile({ optimizer: "adam", loss: "mse" });
  const first = await model.trainOnBatch([[1, 2], [3, 4]], [[1], [2]]); // prettier-ignore
  for (let i = 0; i < 20; i++) await model.trainOnBatch([[1, 2], [3, 4]], [[1], [2]]); // prettier-ignore
  const last = await model.testOnBatch([[1, 2], [3, 4]], [[1], [2]]); // prettier-ignore
  expect(last["loss"]!).toBeLessThan(first["loss"]!);
  const after = await model.getWeights();
  const changed = model.weights.filter((_, i) => before[i]!.data.some((v, k) => v !== after[i]!.data[k]));
  expect(changed.map(({ path }) => path)).toEqual(model.weights.slice(-2).map(({ path }) => path));
});

it("batches that nobody waits for train one after the other", async () => {
  const train = async (waits: boolean) => {
    const model = new Sequential({ layers: [layers.dense({ units: 1, inputShape: [2], kernelInitializer: "ones" })] });
    model.compile({ optimizer: optimizers.sgd({ learningRate: 0.01 }), loss: "mse" });
    const losses: ReturnType<typeof model.trainOnBatch>[] = [];
    for (let i = 0; i < 3; i++) {
      losses.push(model.trainOnBatch([[1, 2], [3, 4]], [[1], [2]])); // prettier-ignore
      if (waits) await losses[i];
    }
    const told = (await Promise.all(losses)).map((logs) => logs["loss"]);
    return { told, weights: (await model.getWeights()).map(({ data }) => data) };
  };
  expect(await train(false)).toEqual(await train(true));
});

it("statistics inside TimeDistributed over an unknown number of steps are refused by name", async () => {
  const timeDistributed = layers.timeDistributed({ layer: layers.batchNormalization(), inputShape: [null, 2] });
  const model = new Sequential({ layers: [timeDistributed] });
  model.compile({ optimizer: "sgd", loss: "mse" });
  const x = tensor([[[1, 2], [3, 4]]]); // prettier-ignore
  await expect(model.fit(x, x)).rejects.toThrow(/time_distributed.*unsupported\/training.*known number of steps/s);
});

it("a scaled loss trains as the loss itself", async () => {
  const run = async (optimizer: Optimizer) => {
    const { model, x, y } = task();
    model.compile({ optimizer, loss: "sparse_categorical_crossentropy" });
    for (let step = 0; step < 3; step++) await model.trainOnBatch(x, y);
    return (await model.getWeights()).map(({ data }) => data);
  };
  const [before, plain] = [
    (await task().model.getWeights()).map(({ data }) => data),
    await run(optimizers.rmsprop({})),
  ];
  expect(plain).not.toEqual(before);
  expect(await run(optimizers.rmsprop({ lossScaleFactor: 64 }))).toEqual(plain);
  expect(await run(optimizers.lossScaleOptimizer({ innerOptimizer: optimizers.rmsprop({}) }))).toEqual(plain);
});

it("a weight that the loss has no gradient by stays as it is: no decay, no constraint, no average", async () => {
  setRandomSeed(1);
  const x = Input({ shape: [3] });
  const used = layers.dense({ units: 2, name: "used" }).apply(x);
  const unused = layers.dense({ units: 2, name: "unused", kernelConstraint: "NonNeg" }).apply(x);
  const model = new Model({ inputs: x, outputs: [used, unused] });
  const before = await model.getWeights();
  const optimizer = optimizers.adamW({ weightDecay: 0.1, useEma: true });
  model.compile({ optimizer, loss: ["mse", null] });
  const ones = (width: number) => tensor(new Float32Array(4 * width).fill(1), [4, width]);
  await model.fit(ones(3), [ones(2), ones(2)], { epochs: 2 });
  const after = await model.getWeights();
  expect(after[0]).not.toEqual(before[0]);
  expect(after.slice(2)).toEqual(before.slice(2));
  model.compile({ optimizer, loss: [null, null] });
  await expect(model.fit(ones(3), [ones(2), ones(2)])).rejects.toMatchObject({ code: "unsupported/training" });
});

it.each(["mixed_float16", "mixed_bfloat16"] as const)(
  "layers of %s are trained: their weights stay float32",
  async (dtype) => {
    const run = async (policy: typeof dtype | "float32") => {
      setRandomSeed(1);
      const x = Input({ shape: [4, 3] });
      const h = layers.lstm({ units: 4, dtype: policy, kernelRegularizer: "l2" }).apply(x);
      const model = new Model({ inputs: x, outputs: layers.dense({ units: 2, dtype: policy }).apply(h) });
      model.compile({ optimizer: optimizers.sgd({ learningRate: 0.1 }), loss: "mse" });
      const data = Float32Array.from({ length: 4 * 4 * 3 }, (_, i) => Math.sin(i));
      const labels = Float32Array.from({ length: 8 }, (_, i) => Math.cos(i));
      const { history } = await model.fit(tensor(data, [4, 4, 3]), tensor(labels, [4, 2]), {
        epochs: 5,
        shuffle: false,
      });
      return { losses: history["loss"]!, weights: await model.getWeights() };
    };
    const [exact, half] = [await run("float32"), await run(dtype)];
    expect(half.weights.every((weight) => weight.dtype === "float32")).toBe(true);
    half.losses.forEach((loss, i) => expect(Math.abs(loss / exact.losses[i]! - 1)).toBeLessThan(0.01));
    expect(half.losses.at(-1)!).toBeLessThan(half.losses[0]! - 0.01);
  },
);

it("metrics whose name is taken, and weighted ones, are told apart as Keras does", async () => {
  const x = Input({ shape: [2] });
  const layer = layers.dense({ units: 1, name: "y" });
  const model = new Model({ inputs: x, outputs: [layer.apply(x), layer.apply(layers.reLU().apply(x))] });
  const list = () => [metrics.meanSquaredError(), metrics.meanSquaredError()];
  model.compile({ loss: "mse", metrics: [list(), []], weightedMetrics: [[metrics.meanSquaredError()], list()] });
  const ones = (width: number) => tensor(new Float32Array(3 * width).fill(1), [3, width]);
  const logs = await model.evaluate(ones(2), [ones(1), ones(1)]);
  expect(Object.keys(logs).sort()).toEqual(
    [
      "loss",
      "y_loss",
      "y_mean_squared_error",
      "y_mean_squared_error_1",
      "y_weighted_mean_squared_error",
      "y_weighted_mean_squared_error_1",
      "y_weighted_mean_squared_error_2",
    ].sort(),
  );
});

it("a model that is frozen as a whole is measured and stays as it is", async () => {
  const model = new Sequential([Input({ shape: [2] }), layers.dense({ units: 1, name: "y" })]);
  const before = await model.getWeights();
  model.layer("y").trainable = false;
  model.compile({ optimizer: "adam", loss: "mse" });
  const { history } = await model.fit(tensor([1, 2], [1, 2]), tensor([1], [1, 1]), { epochs: 2 });
  expect(history["loss"]![1]).toBe(history["loss"]![0]);
  expect(await model.getWeights()).toEqual(before);
});

it("a depthwise kernel has the constraint of its options", { timeout: 30_000 }, async () => {
  const options = {
    kernelSize: 3,
    inputShape: [5, 2],
    depthwiseConstraint: "unit_norm",
    depthwiseRegularizer: "l2",
  } as const;
  const model = new Sequential({
    layers: [layers.depthwiseConv1d(options), layers.flatten(), layers.dense({ units: 1 })],
  });
  model.compile({ optimizer: "sgd", loss: "mse" });
  await model.trainOnBatch(tensor(new Float32Array(10).fill(1), [1, 5, 2]), tensor(Float32Array.of(1), [1, 1]));
  const { data } = (await model.getWeights())[0]!;
  // Along the first axis: [3, 2, 1].
  for (const channel of [0, 1]) {
    const norm = [0, 1, 2].reduce((sum, tap) => sum + Number(data[2 * tap + channel]) ** 2, 0);
    expect(norm).toBeCloseTo(1, 5);
  }
});

it("a test takes the masks and the penalties that training takes", async () => {
  const model = new Sequential({
    layers: [
      layers.embedding({ inputDim: 5, outputDim: 3, maskZero: true, inputShape: [4] }),
      layers.activityRegularization({ l1: 0.1 }),
      layers.gru({ units: 3, returnSequences: true, activityRegularizer: "l2" }),
      layers.dense({ units: 1, kernelRegularizer: "l1" }),
    ],
  });
  model.compile({ optimizer: optimizers.sgd({ learningRate: 0 }), loss: "mse", weightedMetrics: ["mae"] });
  const x = tensor(Int32Array.of(1, 2, 0, 0, 3, 4, 1, 0), [2, 4]);
  const y = tensor(Float32Array.of(1, 0, 50, 50, 0, 1, 0, 50), [2, 4, 1]);
  const tested = await model.testOnBatch(x, y);
  expect(tested).toEqual(await model.trainOnBatch(x, y));
  expect(tested["mae"]).toBeLessThan(2);
});

it("the weights of the best epoch come back, rates are in the history, and not each epoch is validated", async () => {
  const { model, x, y } = task();
  model.compile({ optimizer: optimizers.adam({ learningRate: 0.3 }), loss: "sparse_categorical_crossentropy" });
  const validationData = [x, y.data.toReversed() as Int32Array] as const;
  const { history } = await model.fit(x, y, {
    epochs: 5,
    validationData,
    callbacks: [
      callbacks.earlyStopping({ patience: 9, restoreBestWeights: true }),
      callbacks.reduceLROnPlateau({ patience: 1, factor: 0.5 }),
    ],
  });
  expect((await model.evaluate(...validationData))["loss"]).toBeCloseTo(Math.min(...history["val_loss"]!), 6);
  expect(history["learning_rate"]![0]).toBe(Math.fround(0.3));
  expect(history["learning_rate"]!.at(-1)).toBeLessThan(0.3);

  const counts = async (validationFreq: number | readonly number[]) =>
    (await model.fit(x, y, { epochs: 5, validationData, validationFreq, callbacks: [callbacks.earlyStopping({ patience: 9 })] })).history["val_loss"]!.length; // prettier-ignore
  expect([await counts(2), await counts([1, 4, 5])]).toEqual([2, 3]);
  await expect(counts(0)).rejects.toThrow("validationFreq");
});

it("the losses of several outputs are means over batches in Keras 3, over samples before", async () => {
  for (const [file, share] of [
    ["several", 1 / 2],
    ["tfk_several", 1 / 3],
  ] as const) {
    const model = await load(`fixtures/models/${file}/model.keras`);
    model.compile({ optimizer: "sgd", loss: "mse" });
    const some = (shape: readonly (number | null)[], dtype: string, from: number, count: number) => {
      const own = [count, ...shape.slice(1).map((n) => n ?? 4)];
      const size = own.reduce((a, b) => a * b, 1);
      if (dtype === "int32") return tensor(new Int32Array(size), own);
      return tensor(
        Float32Array.from({ length: size }, (_, i) => Math.sin((from * size) / count + i)),
        own,
      );
    };
    const data = (from: number, count: number) =>
      [model.inputs, model.outputs].map((ends) => ends.map(({ shape, dtype }) => some(shape!, dtype, from, count))) as [ReturnType<typeof some>[], ReturnType<typeof some>[]]; // prettier-ignore
    const all = await model.evaluate(...data(0, 3), { batchSize: 2 });
    const [first, second] = [await model.testOnBatch(...data(0, 2)), await model.testOnBatch(...data(2, 1))];
    const names = Object.keys(all).filter((name) => name.endsWith("_loss"));
    expect(names.length).toBeGreaterThan(1);
    for (const name of names) expect(all[name]).toBeCloseTo(first[name]! * (1 - share) + second[name]! * share, 5);
    expect(all["loss"]).toBeCloseTo((first["loss"]! * 2 + second["loss"]!) / 3, 5);
  }
});

it("says which labels do not fit, and what is missing", async () => {
  const model = new Sequential({ layers: [layers.dense({ units: 3, activation: "softmax", inputShape: [2], name: "kind" })] }); // prettier-ignore
  const x = [[1, 2], [3, 4]]; // prettier-ignore
  const told = async (loss: string | undefined, y: unknown, options = {}) => {
    model.compile({ optimizer: "sgd", ...(loss !== undefined && { loss }) });
    return model.fit(x, y as never, options).then(() => "trained", (error: Error) => error.message); // prettier-ignore
  };
  expect(await told("categorical_crossentropy", [[1, 0], [0, 1]])).toMatch(/y: labels are \[2, 2\] for kind, by CategoricalCrossentropy/); // prettier-ignore
  expect(await told("categorical_crossentropy", [0, 1])).toMatch(/y: labels are \[2\] for kind/);
  expect(await told("sparse_categorical_crossentropy", [[1, 0, 0], [0, 1, 0]])).toMatch(/y: labels are \[2, 3\] for kind/); // prettier-ignore
  expect(await told("sparse_categorical_crossentropy", [0, 3])).toMatch(/y: labels are.*an index from 0 to 2, found 3/);
  expect(await told(undefined, [[1, 0, 0], [0, 1, 0]])).toMatch(/loss: there is none to train by/); // prettier-ignore
  expect(await told("mse", [[1, 0, 0], [0, 1, 0]], { callbacks: callbacks.terminateOnNaN() })).toMatch(/callbacks: expected an array/); // prettier-ignore
  expect(await told("mse", [[1, 0, 0], [0, 1, 0]], { epochs: -1 })).toMatch(/epochs: expected a number from 0, found -1/); // prettier-ignore
});
