/**
 * Training goes on where a file stopped: two more steps of models whose files hold Adam's state after one, against Keras's
 * own (fixtures/make/training.py), at once and through files written between the steps.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { toPlain } from "../../src/codecs/json.ts";
import { readNpz } from "../../src/codecs/npz.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { bytesSource } from "../../src/core/source.ts";
import { type Callback, layers, load, losses, metrics, type Model, optimizers, save, schedules, Sequential, setRandomSeed, tensor } from "../../src/node.ts"; // prettier-ignore

const FIXTURES = new URL("../../fixtures/", import.meta.url);
const FILES = ["compiled/model.keras", "compiled_h5/model.h5", "tfk_compiled/model.keras", "tfk_compiled_h5/model.h5"];
const file = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`models/${name}`, FIXTURES)));
const steps = await readNpz(bytesSource(new Uint8Array(readFileSync(new URL("training/steps.npz", FIXTURES)))), DEFAULT_LIMITS); // prettier-ignore
const wanted = steps.get("continued")!;
const WIDTH = wanted.shape[1]!;

const x = tensor(Float32Array.from({ length: 32 }, (_, i) => 4 * Math.sin(2.3 * i)), [8, 4]); // prettier-ignore
const y = tensor(Float32Array.from({ length: 16 }, (_, i) => Math.cos(i)), [8, 2]); // prettier-ignore

const numbersOf = async (model: Model): Promise<number[]> =>
  (await model.getWeights()).flatMap(({ data }) => Array.from(data as Float32Array));

/** Equal as `verify` has it. */
function expectRow(row: number, found: readonly number[]): void {
  const keras = Array.from((wanted.data as Float32Array).slice(row * WIDTH, (row + 1) * WIDTH));
  expect(found.length).toBe(WIDTH);
  const most = Math.max(...keras.map(Math.abs));
  found.forEach((n, i) => expect(Math.abs(n - keras[i]!)).toBeLessThanOrEqual(1e-6 + 1e-5 * most));
}

async function again(model: Model, format: "keras-v3" | "keras-h5", dialect?: "keras3"): Promise<Model> {
  return load((await save(model, { format, ...(dialect && { dialect }) })).values().next().value!);
}

describe.each(FILES.map((name, row) => [name, row] as const))("%s", (name, row) => {
  it("goes on as Keras does, without compile", async () => {
    const model = await load(file(name));
    const told = [await model.trainOnBatch(x, y), await model.trainOnBatch(x, y)];
    expect(Object.keys(told[0]!)).toEqual(["loss", "mean_absolute_error"]);
    expectRow(row, [...told.map(({ loss }) => loss!), ...(await numbersOf(model))]);
  });

  it.each(["keras-v3", "keras-h5"] as const)("goes on from a %s written between the steps", async (format) => {
    const model = await load(file(name));
    const first = await model.trainOnBatch(x, y);
    const between = await again(model, format, "keras3");
    const second = await between.trainOnBatch(x, y);
    expectRow(row, [first["loss"]!, second["loss"]!, ...(await numbersOf(between))]);
  });

  it("starts anew where compile says how", async () => {
    const model = await load(file(name));
    model.compile({ optimizer: optimizers.adam({ learningRate: 0.01 }), loss: "mse" });
    await model.trainOnBatch(x, y);
    const other = await load(file(name));
    await other.trainOnBatch(x, y);
    expect(await numbersOf(model)).not.toEqual(await numbersOf(other));
  });
});

/** What `compile` may be given beside names. */
const HOW = {
  "momentum and a schedule": {
    optimizer: optimizers.sgd({
      learningRate: schedules.exponentialDecay({ initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.5 }),
      momentum: 0.9,
    }),
    loss: losses.huber({ delta: 0.7 }),
    metrics: [metrics.meanSquaredError({ name: "own" }), "mae"],
  },
  "averages and accumulated gradients": {
    optimizer: optimizers.adamW({ useEma: true, gradientAccumulationSteps: 2 }),
    loss: { y: "mse" },
    weightedMetrics: ["mae"],
  },
  "slots of three kinds": { optimizer: optimizers.adam({ amsgrad: true, clipnorm: 0.5 }), loss: ["mse"] },
  "what is kept once": { optimizer: optimizers.nadam({}), loss: "mse" },
  "a scaled loss": {
    optimizer: optimizers.lossScaleOptimizer({ innerOptimizer: optimizers.rmsprop({ momentum: 0.5, centered: true }) }),
    loss: "mse",
  },
};

describe.each(Object.entries(HOW))("a model made here, trained with %s", (_, how) => {
  it.each(["keras-v3", "keras-h5"] as const)(
    "is trained on from its %s as if nothing had been between",
    async (format) => {
      setRandomSeed(4);
      const make = () =>
        new Sequential({
          layers: [
            layers.dense({ units: 5, activation: "tanh", inputShape: [4], kernelInitializer: "ones" }),
            layers.batchNormalization(),
            layers.dense({ units: 2, kernelInitializer: "ones", name: "y" }),
          ],
        });
      const whole = make();
      whole.compile(how);
      for (let step = 0; step < 5; step++) await whole.trainOnBatch(x, y);
      const first = make();
      first.compile(how);
      for (let step = 0; step < 3; step++) await first.trainOnBatch(x, y);
      const second = await again(first, format);
      const told: unknown[] = [await second.trainOnBatch(x, y), await second.trainOnBatch(x, y)];
      expect(await numbersOf(second)).toEqual(await numbersOf(whole));
      expect(Object.keys(told[1] as object)).toEqual(Object.keys(await whole.testOnBatch(x, y)));
    },
  );
});

it("a learning rate that a callback has set is written", async () => {
  const model = await load(file(FILES[0]!));
  const slower: Callback = { onEpochBegin: (training) => void (training.learningRate = 0.002) };
  await model.fit(x, y, { callbacks: [slower] });
  const seen: (number | null)[] = [];
  const look: Callback = { onEpochBegin: (training) => void seen.push(training.learningRate) };
  await (await again(model, "keras-v3")).fit(x, y, { callbacks: [look] });
  expect(seen[0]).toBeCloseTo(0.002, 8);
});

it("an optimizer's state in an older order is refused by name, evaluation is not", async () => {
  const old = await load(file("../formats/k213_dense_compiled/model.h5"));
  const [n, m] = [old.inputs[0]!.shape!.at(-1)!, old.outputs[0]!.shape!.at(-1)!];
  const [a, b] = [tensor(new Float32Array(2 * n), [2, n]), tensor(new Float32Array(2 * m), [2, m])];
  await expect(old.trainOnBatch(a, b)).rejects.toThrow(/unsupported\/training.*optimizer/);
  expect((await old.evaluate(a, b))["loss"]).toBeGreaterThanOrEqual(0);
});

it("Keras 2's language holds no training of here, and says what it drops", async () => {
  const model = await load(file(FILES[3]!));
  await model.trainOnBatch(x, y);
  const back = await again(model, "keras-h5");
  await expect(back.trainOnBatch(x, y)).rejects.toThrow(/mismatch\/not-compiled/);
});

it("a schedule goes on inside loss scales, and a factor of the innermost is none", async () => {
  const rate = schedules.polynomialDecay({ initialLearningRate: 0.1, decaySteps: 3 });
  const innermost = optimizers.sgd({ learningRate: rate, lossScaleFactor: 16, globalClipnorm: 1 });
  const scaled = optimizers.lossScaleOptimizer({ innerOptimizer: innermost });
  for (const optimizer of [scaled, optimizers.lossScaleOptimizer({ innerOptimizer: scaled })]) {
    expect(JSON.stringify(toPlain(optimizer.config))).toContain('"loss_scale_factor":null');
    const model = await load(file(FILES[0]!));
    model.compile({ optimizer, loss: "mse" });
    await model.trainOnBatch(x, y);
    await model.trainOnBatch(x, y);
    const between = await again(model, "keras-v3");
    await between.trainOnBatch(x, y);
    await model.trainOnBatch(x, y);
    expect(await numbersOf(between)).toEqual(await numbersOf(model));
  }
});
