/** Training that goes from TensorFlow.js to here and back goes on as if it had not moved, for each of its optimizers. */
import { describe, expect, it } from "vitest";
import type { Tensor } from "../../src/core/tensor.ts";
import { convert, load, type Model, save } from "../../src/index.ts";
import { difference } from "../support/fixtures.ts";
import { ramp } from "../support/tensors.ts";
import { loadInTfjs, tf, tfLayers, type TfModel } from "../support/tfjs.ts";

const OPTIMIZERS: Readonly<Record<string, () => object>> = {
  adadelta: () => tf.train["adadelta"]!(0.5, 0.9, 1e-6),
  adagrad: () => tf.train["adagrad"]!(0.05, 0.2),
  adam: () => tf.train["adam"]!(0.01, 0.8, 0.99, 1e-3),
  rmsprop: () => tf.train["rmsprop"]!(0.01, 0.8, 0, 1e-3),
  "rmsprop with momentum": () => tf.train["rmsprop"]!(0.01, 0.8, 0.5, 1e-3),
  sgd: () => tf.train["sgd"]!(0.1),
  momentum: () => tf.train["momentum"]!(0.1, 0.7, false),
  nesterov: () => tf.train["momentum"]!(0.1, 0.7, true),
};

const [x, y] = [ramp([6, 5, 3]), ramp([6, 2])];
const [tx, ty] = [x, y].map(({ data, shape }) => tf.tensor(data, shape, "float32")) as [never, never];
const STEPS = 3;
/** Of the largest change of a weight. */
const ALLOWED = 1e-4;

const there = (model: TfModel): Promise<unknown> => model.fit(tx, ty, { batchSize: 6, epochs: STEPS, shuffle: false });
const weightsOf = (model: TfModel): readonly Tensor[] =>
  model.getWeights().map((one) => ({ dtype: "float32", shape: one.shape, data: one.dataSync().slice() }) as Tensor);

/** In TensorFlow.js's order: of the whole model, what is trained first. */
async function weightsHere(model: Model): Promise<readonly Tensor[]> {
  const values = await model.getWeights();
  const of = (trainable: boolean): Tensor[] => values.filter((_, i) => model.weights[i]!.trainable === trainable);
  return [...of(true), ...of(false)];
}

function network(): TfModel {
  const { batchNormalization, dense, lstm } = tfLayers.layers;
  return tfLayers.sequential({
    layers: [
      lstm({
        units: 4,
        returnSequences: true,
        inputShape: [5, 3],
        recurrentActivation: "sigmoid",
        recurrentInitializer: "glorotNormal",
      }),
      batchNormalization({}),
      lstm({ units: 3, recurrentActivation: "sigmoid", recurrentInitializer: "glorotNormal" }),
      dense({ units: 2 }),
    ],
  });
}

function expectSame(found: readonly Tensor[], wanted: readonly Tensor[], from: readonly Tensor[], what: string): void {
  expect(found.map(({ shape }) => shape)).toEqual(wanted.map(({ shape }) => shape));
  const moved = Math.max(...wanted.map((one, i) => difference(one, from[i]!).error));
  expect(moved).toBeGreaterThan(1e-3);
  const off = Math.max(...wanted.map((one, i) => difference(one, found[i]!).error));
  expect(off / moved, what).toBeLessThan(ALLOWED);
}

describe("training", () => {
  it.each(Object.keys(OPTIMIZERS))("by %s", { timeout: 60_000 }, async (name) => {
    const model = network();
    model.compile({ optimizer: OPTIMIZERS[name]!(), loss: "meanSquaredError" });
    await there(model);
    let artifacts: object = {};
    await model.save({ save: async (made: never) => ((artifacts = made), {} as never) }, { includeOptimizer: true });
    const start = weightsOf(model);
    await there(model);

    const own = await load(artifacts as never);
    await own.fit(x, y, { batchSize: 6, epochs: STEPS, shuffle: false });
    expectSame(await weightsHere(own), weightsOf(model), start, "here");

    const files = await save(own, { format: "tfjs-layers" });
    const back = await loadInTfjs(files);
    const middle = weightsOf(back);
    await there(back);
    await there(model);
    expectSame(weightsOf(back), weightsOf(model), middle, "and there again");
    own.dispose();
  });

  it("is kept by a conversion, or told", async () => {
    const model = network();
    model.compile({ optimizer: OPTIMIZERS["adam"]!(), loss: "meanSquaredError" });
    await there(model);
    let artifacts: object = {};
    await model.save({ save: async (made: never) => ((artifacts = made), {} as never) }, { includeOptimizer: true });
    const told = await convert(artifacts as never, "m.tfjs.json", { format: "tfjs-layers" });
    expect(told.kept).toEqual(["5 layers", "12 weights", "how it was compiled", "optimizer state (21 arrays)"]);
    expect(told.verified).toBe("outputs");
    const h5 = await convert(artifacts as never, "m.h5", { format: "keras-h5" });
    expect(h5.kept).toContain("optimizer state (21 arrays)");
  });
});
