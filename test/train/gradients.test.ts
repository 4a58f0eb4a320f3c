/** Gradients of a model's outputs, against central differences of `predict` in float64; and layers that are frozen. */
import { expect, it } from "vitest";
import { type InputValue, layers, load, Model, type ScalarOf, save, Sequential, setRandomSeed, tensor } from "../../src/node.ts"; // prettier-ignore

/** Inputs are whole numbers of 64ths: moved by this they are still exact in float32. */
const H = 2 ** -10;

/** Of the sum of `of` over the first output, by differences. */
async function differences(
  model: Model,
  x: Float32Array,
  shape: readonly number[],
  of: (y: ArrayLike<number>) => number,
) {
  const at = async (i: number, by: number) => {
    const moved = Float64Array.from(x);
    moved[i]! += by;
    const [y] = await model.predict(tensor(moved, [...shape]), { backend: "reference", precision: "float64" });
    return of(y!.data as Float64Array);
  };
  const made: number[] = [];
  for (let i = 0; i < x.length; i++) made.push(((await at(i, H)) - (await at(i, -H))) / (2 * H));
  return made;
}

it.each(["wasm", "reference"] as const)("of an output by the input are its slopes, on %s", async (backend) => {
  const model = await load("fixtures/models/stacked_lstm/model.keras", { backend });
  const shape = [2, 10, 8];
  const x = Float32Array.from({ length: 160 }, (_, i) => Math.round(64 * Math.sin(i * 1.3)) / 64);
  const square: ScalarOf = (op, [y]) => op.square(y!);
  const { value, inputs, weights } = await model.gradients(tensor(x, shape), square);
  const sum = (y: ArrayLike<number>) => Array.from(y).reduce((a, b) => a + b * b, 0);
  expect(value).toBeCloseTo(sum((await model.predict(tensor(x, shape)))[0]!.data as Float32Array), 5);
  expect(inputs[0]!.shape).toEqual(shape);
  const wanted = await differences(model, x, shape, sum);
  const most = Math.max(...wanted.map(Math.abs));
  expect(most).toBeGreaterThan(1e-4);
  wanted.forEach((slope, i) => expect(Math.abs(Number(inputs[0]!.data[i]) - slope)).toBeLessThan(1e-5 * most));
  expect(weights.map((w) => w!.shape)).toEqual(model.weights.map(({ shape: s }) => s));
});

it("of a loss by the weights make the step of plain gradient descent", async () => {
  setRandomSeed(5);
  const model = new Sequential({ layers: [layers.dense({ units: 3, activation: "tanh", inputShape: [2] }), layers.dense({ units: 1 })] }); // prettier-ignore
  const x: InputValue = [[1, 2], [3, -1], [0.5, 0.25]]; // prettier-ignore
  const y: InputValue = [[1], [0], [-1]];
  const loss: ScalarOf = (op, [out], [labels]) => op.mean(op.square(op.subtract(out!, labels!)));
  const { value, weights } = await model.gradients(x, loss, [tensor(y)]);
  const before = await model.getWeights();
  model.compile({ optimizer: "sgd", loss: "mse" });
  expect((await model.trainOnBatch(x, y))["loss"]).toBeCloseTo(value, 6);
  (await model.getWeights()).forEach(
    ({ data }, i) =>
    data.forEach((v, k) => expect(Number(v)).toBeCloseTo(Number(before[i]!.data[k]) - 0.01 * Number(weights[i]!.data[k]), 6)), // prettier-ignore
  );
});

it("are null for integers, and refused where nothing can be differentiated", async () => {
  const model = await load("fixtures/models/text/model.keras");
  const ids = tensor(Int32Array.of(1, 2, 3, 0), [1, 4]);
  const { inputs, weights } = await model.gradients(ids, (_, [y]) => y!);
  expect(inputs).toEqual([null]);
  expect(weights.every((w) => w!.data.some((v) => v !== 0))).toBe(true);
  await expect(model.gradients(ids, (op, [y]) => op.argmax(y!, -1))).rejects.toThrow(/mismatch\/argument.*of/);
  await expect(model.gradients(ids, () => 3 as never)).rejects.toThrow(/mismatch\/argument.*of/);
});

it.each(["wasm", "reference"] as const)(
  "of stateful layers start from zero states each time, on %s",
  async (backend) => {
    const model = await load("fixtures/layers/gru/stateful/model.keras", { backend });
    const shape = model.inputs[0]!.shape!.map((n) => n ?? 3);
    const x = tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5), shape);
    const of: ScalarOf = (op, [y]) => op.sum(y!);
    const [first, second] = [await model.gradients(x, of), await model.gradients(x, of)];
    expect(second).toEqual(first);
    expect(first.inputs[0]!.data.every((v) => Number.isFinite(v) && v !== 0)).toBe(true);
  },
);

/** Which weights a step of training changes, by path. */
async function moved(model: Model): Promise<readonly string[]> {
  const before = await model.getWeights();
  model.compile({ optimizer: "adam", loss: "mse" });
  const [n, m] = [model.inputs[0]!.shape!.at(-1)!, model.outputs[0]!.shape!.at(-1)!];
  const x = tensor(Float32Array.from({ length: 4 * n }, (_, i) => Math.sin(i)), [4, n]); // prettier-ignore
  await model.fit(x, tensor(new Float32Array(4 * m).fill(1), [4, m]), { epochs: 2 });
  const after = await model.getWeights();
  return model.weights.flatMap(({ path }, i) => (before[i]!.data.some((v, k) => v !== after[i]!.data[k]) ? path : []));
}

it.each(["compiled/model.keras", "compiled_h5/model.h5", "tfk_compiled/model.keras", "tfk_compiled_h5/model.h5"])(
  "layers of %s that are frozen stay, and thaw",
  async (file) => {
    const model = await load(`fixtures/models/${file}`);
    const all = model.weights.map(({ path }) => path);
    for (const name of ["hidden", "norm"]) model.layer(name).trainable = false;
    expect(model.layer("norm").trainable).toBe(false);
    expect(model.weights.filter(({ trainable }) => trainable).map(({ path }) => path)).toEqual(["y/kernel", "y/bias"]);
    expect(await moved(model)).toEqual(["y/kernel", "y/bias"]);

    const format = file.endsWith(".h5") ? "keras-h5" : "keras-v3";
    const saved = await load((await save(model, { format, dialect: "same" })).values().next().value!);
    expect(saved.layers.map(({ trainableParameters }) => trainableParameters).filter((n) => n > 0).length).toBe(1);
    expect(await moved(saved)).toEqual(["y/kernel", "y/bias"]);

    for (const name of ["hidden", "norm"]) saved.layer(name).trainable = true;
    expect([...(await moved(saved))].sort()).toEqual([...all].sort());
  },
);

it("a frozen base under a head of one's own, models inside models too", async () => {
  const base = await load("fixtures/models/stacked_lstm/model.keras");
  base.layer("lower").trainable = false;
  base.layer("upper").trainable = false;
  const head = layers.dense({ units: 2, activation: "softmax", name: "head" });
  const model = new Model({ inputs: base.inputs, outputs: head.apply(base.layer("upper").output) });
  const before = await model.getWeights();
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  await model.fit(tensor(new Float32Array(320).fill(0.3), [4, 10, 8]), Int32Array.of(0, 1, 1, 1));
  const after = await model.getWeights();
  const changed = model.weights.filter((_, i) => before[i]!.data.some((v, k) => v !== after[i]!.data[k]));
  expect(changed.map(({ path }) => path)).toEqual(["head/kernel", "head/bias"]);

  const siamese = await load("fixtures/models/siamese/model.keras");
  siamese.layer("tower").trainable = false;
  expect(siamese.weights.filter(({ trainable }) => trainable).map(({ path }) => path)).toEqual(["same/kernel", "same/bias"]); // prettier-ignore
  expect(() => (siamese.layer("tower").trainable = 0 as never)).toThrow(/mismatch\/argument/);
});

/** Those that stay finite far from zero. */
const STEADY = ["celu", "elu", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_tanh", "leaky_relu", "log_sigmoid", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "squareplus", "tanh", "tanh_shrink"] as const; // prettier-ignore

it("of activations are numbers far from zero", async () => {
  const x = tensor(Float32Array.of(-6e4, -1e3, -89, 0, 0, 89, 1e3, 6e4), [1, 8]);
  for (const activation of STEADY) {
    const model = new Sequential({ layers: [layers.activation({ activation, inputShape: [8] })] });
    const { inputs } = await model.gradients(x, (op, [y]) => op.sum(y!));
    expect([activation, ...inputs[0]!.data].filter((v) => Number.isNaN(v))).toEqual([]);
  }
});
