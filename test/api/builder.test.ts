/** The builder's promises, each in the words in which it is made. */
import { describe, expect, it } from "vitest";
import { Input, layers, load, Model, save, Sequential, setRandomSeed, tensor } from "../../src/node.ts";
import { saveToMap } from "../../src/api/save.ts";
import { EXPORTERS } from "../../src/exporters/index.ts";
import { LAYERS } from "../../src/layers/all.ts";
import { isOfApplication } from "../../src/layers/registry.ts";

const ramp = (shape: readonly number[]) =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)),
    shape,
  );

describe("names in options", () => {
  type Dense = Parameters<typeof layers.dense>[0];
  const closed = <V>(..._: string extends V ? [never] : []): true => true;

  it("are unions of literals", () => {
    expect(closed<Dense["activation"]>()).toBe(true);
    expect(closed<Dense["kernelInitializer"]>()).toBe(true);
    expect(closed<Parameters<typeof layers.conv1d>[0]["padding"]>()).toBe(true);
  });

  it("may be spelt as Keras's function, in camelCase, or as Keras's class", () => {
    const forms = (["lecun_normal", "lecunNormal", "LecunNormal"] as const).map((kernelInitializer, i) =>
      layers.dense({
        name: "d",
        units: 1,
        kernelInitializer,
        activation: i === 0 ? "hard_sigmoid" : "hardSigmoid",
      }),
    );
    for (const { raw } of forms) expect(raw).toEqual(forms[0]!.raw);
  });
});

describe("Sequential", () => {
  it("an lstm first gives [null, 32]; inputDim and inputLength give the identical model; later layers need no size", () => {
    const a = new Sequential({ name: "m" });
    a.add(layers.lstm({ units: 32, inputShape: [10, 64], name: "first" }));
    expect(a.outputShape).toEqual([null, 32]);
    const b = new Sequential({ name: "m" });
    b.add(layers.lstm({ units: 32, inputDim: 64, inputLength: 10, name: "first" }));
    expect(b.data.root.raw).toEqual(a.data.root.raw);
    expect(b.inputs).toEqual(a.inputs);
    const c = new Sequential();
    c.add(layers.lstm({ units: 32, returnSequences: true, inputShape: [10, 64] }));
    c.add(layers.lstm({ units: 16 }));
    expect(c.outputShape).toEqual([null, 16]);
  });

  it("stacked: lstm 64 and 32 with returnSequences, lstm 10, then dense and softmax", async () => {
    const model = new Sequential();
    model.add(layers.lstm({ units: 64, returnSequences: true, inputShape: [10, 64] }));
    expect(model.outputShape).toEqual([null, 10, 64]);
    model.add(layers.lstm({ units: 32, returnSequences: true }));
    expect(model.outputShape).toEqual([null, 10, 32]);
    model.add(layers.lstm({ units: 10 }));
    expect(model.outputShape).toEqual([null, 10]);
    model.add(layers.dense({ units: 10, activation: "softmax" }));
    const [y] = await model.predict(ramp([2, 10, 64]));
    expect(y!.shape).toEqual([2, 10]);
    const sum = Array.from(y!.data as Float32Array)
      .slice(0, 10)
      .reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(1, 5);
  });

  it("returnSequences gives [samples, timesteps, units], which can feed a Conv1D; else [samples, units]", async () => {
    const model = new Sequential();
    model.add(layers.lstm({ units: 6, returnSequences: true, inputShape: [10, 3] }));
    model.add(layers.conv1d({ filters: 4, kernelSize: 3 }));
    expect(model.outputShape).toEqual([null, 8, 4]);
    expect((await model.predict(ramp([2, 10, 3])))[0]!.shape).toEqual([2, 8, 4]);
  });

  it("timeDistributed(dense 8 relu) on [32, 10, 16] gives [32, 10, 8]", async () => {
    const model = new Sequential();
    model.add(layers.timeDistributed({ layer: layers.dense({ units: 8, activation: "relu" }), inputShape: [10, 16] }));
    expect(model.outputShape).toEqual([null, 10, 8]);
    const [y] = await model.predict(ramp([32, 10, 16]));
    expect(y!.shape).toEqual([32, 10, 8]);
    expect(Math.min(...(y!.data as Float32Array))).toBe(0);
  });

  it("stateful: two calls differ, resetStates brings the first result back, a wrong batch size is refused", async () => {
    const model = new Sequential();
    model.add(layers.lstm({ units: 4, stateful: true, batchInputShape: [2, 5, 3] }));
    const x = ramp([2, 5, 3]);
    const [first] = await model.predict(x);
    const [second] = await model.predict(x);
    expect(second!.data).not.toEqual(first!.data);
    model.resetStates();
    expect((await model.predict(x))[0]!.data).toEqual(first!.data);
    await expect(model.predict(ramp([3, 5, 3]))).rejects.toMatchObject({ code: "mismatch/shape" });
  });

  it("without an input shape the first predict decides", async () => {
    const model = new Sequential({ layers: [layers.dense({ units: 3 })] });
    expect(model.outputShape).toBeNull();
    expect((await model.predict(ramp([2, 5])))[0]!.shape).toEqual([2, 3]);
    expect(model.weights.map((w) => w.shape)).toEqual([[5, 3], [3]]);
  });

  it("refuses options that are none, and values that are not of their type, by name", () => {
    expect(() => layers.dense({ units: 3, unit: 4 } as never)).toThrow(/unit/);
    expect(() => layers.dense({ units: -1 })).toThrow(/units/);
  });
});

describe("functional models", () => {
  it("branches, shared layers, states fed by other layers", async () => {
    const a = Input({ shape: [10, 4], name: "a" });
    const shared = layers.dense({ units: 3, name: "shared" });
    const left = shared.apply(a);
    const right = shared.apply(layers.gru({ units: 4, returnSequences: true }).apply(a));
    const [, h, c] = layers.lstm({ units: 5, returnState: true }).apply(left);
    const y = layers.lstm({ units: 5 }).apply(right, { initialState: [h!, c!] });
    const model = new Model({ inputs: a, outputs: [y, layers.add().apply([left, right])] });
    expect(model.outputShape).toEqual([
      [null, 5],
      [null, 10, 3],
    ]);
    expect(model.layers.filter((l) => l.name === "shared")).toHaveLength(1);
    const out = await model.predict(ramp([2, 10, 4]));
    expect(out.map((t) => t.shape)).toEqual([
      [2, 5],
      [2, 10, 3],
    ]);
  });

  it("a model inside a model shares its weights", async () => {
    const inner = new Sequential({ name: "inner", layers: [layers.dense({ units: 3, inputShape: [4] })] });
    const a = Input({ shape: [4] });
    const outer = new Model({ inputs: a, outputs: inner.apply(a) });
    const x = ramp([2, 4]);
    expect((await outer.predict(x))[0]!.data).toEqual((await inner.predict(x))[0]!.data);
  });
});

describe("a model made from code", () => {
  it.each(EXPORTERS.map((row) => [row.id, row] as const))("saves as %s", async (format, { from, extensions }) => {
    setRandomSeed(7);
    const model = new Sequential({ name: "made" });
    model.add(layers.bidirectional({ layer: layers.lstm({ units: 4, returnSequences: true }), inputShape: [6, 3] }));
    model.add(layers.globalAveragePooling1d());
    model.add(layers.dense({ units: 2 }));
    const files = await saveToMap(model, { format });
    const [file] = [...files.values()];
    if (from === "graph") return expect([...files.keys()][0]).toBe(`model${extensions[0]}`);
    if (format === "weights-h5") return expect((await load(file!)).problems.length).toBeGreaterThan(0);
    const again = await load(file!);
    expect(again.outputShape).toEqual([null, 2]);
    if (format === "keras-json") return;
    const x = ramp([2, 6, 3]);
    expect((await again.predict(x))[0]!.data).toEqual((await model.predict(x))[0]!.data);
  });
});

describe("layers", () => {
  it("has a function for every class that Keras 3 has", () => {
    const keras3 = LAYERS.filter((def) => def.kind !== "operation" && def.until === undefined && !isOfApplication(def));
    const made = new Set(Object.keys(layers).map((name) => name.toLowerCase()));
    const inside = new Set([
      "Sequential",
      "Functional",
      "InputLayer",
      "ConvLSTMCell",
      // Made by adapting to data.
      "FeatureSpace",
      "TFOpLambda",
      "TensorFlowOpLayer",
    ]);
    const missing = keras3.map((def) => def.class).filter((name) => !inside.has(name) && !made.has(name.toLowerCase()));
    expect(missing).toEqual([]);
  });
});

it.each<[string, () => unknown, string, RegExp]>([
  [
    "dense.activation",
    () => layers.dense({ units: 1, activation: "rellu" as never }),
    "unsupported/activation",
    /^relu /,
  ],
  [
    "lstm.recurrentActivation",
    () => layers.lstm({ units: 1, recurrentActivation: "tnah" as never }),
    "unsupported/activation",
    /^tanh /,
  ],
  [
    "activation.activation",
    () => layers.activation({ activation: "hard_sigmoid_keras2" as never }),
    "unsupported/activation",
    /^hard_sigmoid /,
  ],
  [
    "a cell inside",
    () => layers.rnn({ cell: layers.lstmCell({ units: 2, activation: "sigmoit" as never }) }),
    "unsupported/activation",
    /^sigmoid /,
  ],
  [
    "dense.kernelInitializer",
    () => layers.dense({ units: 1, kernelInitializer: "glorot_unifrom" as never }),
    "unsupported/initializer",
    /^GlorotUniform /,
  ],
  [
    "dense.kernelRegularizer",
    () => layers.dense({ units: 1, kernelRegularizer: "l3" as never }),
    "malformed/config",
    /^L[12] /,
  ],
  [
    "dense.biasConstraint",
    () => layers.dense({ units: 1, biasConstraint: "non_neq" as never }),
    "malformed/config",
    /^NonNeg /,
  ],
  [
    "conv2d.padding",
    () => layers.conv2d({ filters: 1, kernelSize: 1, padding: "smae" as never }),
    "malformed/config",
    /valid, same/,
  ],
  ["dense.unts", () => layers.dense({ units: 1, unts: 2 } as never), "mismatch/option", /^units /],
  ["dense.inputShpe", () => layers.dense({ units: 1, inputShpe: [2] } as never), "mismatch/option", /^inputShape /],
])("a wrong value is refused where it is written: %s", (_, make, code, expected) => {
  expect(make).toThrow(expect.objectContaining({ code, expected: expect.stringMatching(expected) }));
});

it("names of Keras are taken in each of its spellings", () => {
  for (const activation of ["relu", "hardSigmoid", "hard_sigmoid", "swish", "leaky_relu", "logSoftmax"])
    layers.dense({ units: 1, activation: activation as "relu" });
  for (const kernelInitializer of ["glorot_uniform", "glorotUniform", "GlorotUniform", "zeros", "he_normal"])
    layers.dense({
      units: 1,
      kernelInitializer: kernelInitializer as "zeros",
      kernelRegularizer: "l1_l2",
      biasConstraint: "maxNorm",
    });
});

it("options that are plain JSON are taken as a caller writes them, defaults are Keras's", async () => {
  const model = new Sequential([
    layers.rescaling({ scale: [0.5, 2], inputShape: [2] }),
    layers.normalization({ mean: [1, 2], variance: [4, 4] }),
    layers.dense({ units: 1, kernelInitializer: { class_name: "Constant", config: { value: 3 } } }),
    layers.dropout({ rate: 0.5, noiseShape: [null, 1], seed: 3 }),
  ]);
  const [y] = await model.predict([[4, 2]]);
  expect([...y.data]).toEqual([((2 - 1) / 2 + (4 - 2) / 2) * 3]);
  const again = await load(await save(model, { format: "keras-v3" }));
  expect([...(await again.predict([[4, 2]]))[0].data]).toEqual([...y.data]);
  expect(model.layer(1).config).toMatchObject({ scale: [0.5, 2], offset: 0 });
});
