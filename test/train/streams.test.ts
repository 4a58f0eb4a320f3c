/** Batches that come one after the other: trained on as arrays cut alike, epoch by epoch. */
import { describe, expect, it } from "vitest";
import { type BatchSource, type FitBatch, layers, type Model, optimizers, Sequential, type Tensor, tensor } from "../../src/node.ts"; // prettier-ignore

const COUNT = 24;
const BATCH = 8;
const rows = (from: number, to: number): readonly [Tensor, Tensor] => [
  tensor(
    Float32Array.from({ length: (to - from) * 3 }, (_, i) => Math.sin(from * 3 + i)),
    [to - from, 3],
  ),
  tensor(
    Float32Array.from({ length: (to - from) * 2 }, (_, i) => Math.cos(from * 2 + i)),
    [to - from, 2],
  ),
];
const cuts = [0, 8, 16];
const batches = (): FitBatch[] => cuts.map((at) => rows(at, at + BATCH));
function* once(): Generator<FitBatch> {
  yield* batches();
}
async function* later(): AsyncGenerator<FitBatch> {
  for (const batch of batches()) yield await Promise.resolve(batch);
}
function* forever(): Generator<FitBatch> {
  for (;;) yield* batches();
}

/** The same weights each time. */
async function started(made: Model): Promise<Model> {
  const weights = await made.getWeights();
  const values = ({ data }: Tensor, k: number) => Float32Array.from(data as Float32Array, (_, i) => Math.sin(i + k));
  await made.setWeights(weights.map((weight, k) => tensor(values(weight, k), weight.shape)));
  return made;
}

const model = (): Promise<Model> =>
  started(
    new Sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] }).compile({
      optimizer: optimizers.adam(),
      loss: "mse",
      metrics: ["mae"],
    }),
  );

const weightsOf = async (made: Model): Promise<number[]> =>
  (await made.getWeights()).flatMap(({ data }) => Array.from(data as Float32Array));

const plain = { epochs: 3, batchSize: BATCH, shuffle: false };

describe("fit over batches gives what arrays give", () => {
  const sources: readonly [string, () => BatchSource, object][] = [
    ["a function that makes a generator", () => once, {}],
    ["a function that makes a list", () => batches, {}],
    ["a function that makes an async generator", () => later, {}],
    ["a generator that never ends", forever, { stepsPerEpoch: 3 }],
    ["a set, which can be gone over again", () => new Set(batches()), {}],
  ];
  it.each(sources)("%s", async (_, source, options) => {
    const [one, other] = [await model(), await model()];
    const wanted = await one.fit(...rows(0, COUNT), { ...plain, validationData: rows(0, 10) });
    const found = await other.fit(source(), {
      epochs: 3,
      validationData: rows(0, 10),
      validationBatchSize: BATCH,
      ...options,
    });
    expect(found).toEqual(wanted);
    expect(await weightsOf(other)).toEqual(await weightsOf(one));
  });

  it("with weights of samples and of classes", async () => {
    const labels = tensor(Float32Array.from({ length: COUNT }, (_, i) => i % 2), [COUNT, 1]); // prettier-ignore
    const [x] = rows(0, COUNT);
    const made = () => {
      const binary = new Sequential({ layers: [layers.dense({ units: 1, activation: "sigmoid", inputShape: [3] })] });
      return started(binary.compile({ optimizer: "sgd", loss: "binary_crossentropy" }));
    };
    const [one, other] = [await made(), await made()];
    const classWeight = { 0: 1, 1: 3 };
    const wanted = await one.fit(x, labels, { batchSize: COUNT, classWeight });
    const found = await other.fit(() => [[x, labels] as const], { classWeight });
    expect(found).toEqual(wanted);
    const weights = Float32Array.from({ length: COUNT }, (_, i) => (i % 2 === 0 ? 1 : 3));
    expect((await (await made()).fit(() => [[x, labels, weights] as const])).history).toEqual(wanted.history);
  });

  it("validation and evaluation over batches", async () => {
    const made = await model();
    const { history } = await made.fit(...rows(0, COUNT), { ...plain, epochs: 1, validationData: later });
    const told = await made.evaluate(later);
    expect(told).toEqual(await made.evaluate(...rows(0, COUNT), { batchSize: BATCH }));
    expect(history["val_loss"]).toEqual([told["loss"]]);
    expect(await made.evaluate(forever(), { steps: 3 })).toEqual(told);
  });
});

describe("refuses", () => {
  it("a generator that has ended before the last epoch", async () => {
    await expect((await model()).fit(once(), { epochs: 2 })).rejects.toMatchObject({ code: "mismatch/inputs" });
    await expect((await model()).fit(() => [])).rejects.toMatchObject({ code: "mismatch/inputs" });
  });

  it("batches of another form, and options that are of arrays", async () => {
    await expect((await model()).fit(() => [rows(0, 8)[0]] as never)).rejects.toMatchObject({
      code: "mismatch/inputs",
    });
    await expect((await model()).fit(once, { batchSize: 3 } as never)).rejects.toMatchObject({
      code: "mismatch/option",
    });
    await expect((await model()).fit(once, { stepsPerEpoch: 0.5 })).rejects.toMatchObject({ code: "mismatch/option" });
    const steps = { validationData: rows(0, 8), validationSteps: 2 };
    await expect((await model()).fit(once, steps)).rejects.toMatchObject({ code: "mismatch/option" });
  });

  it("goes on with what a source throws", async () => {
    const own = new Error("no more");
    // eslint-disable-next-line require-yield
    const broken = function* (): Generator<FitBatch> {
      throw own;
    };
    await expect((await model()).fit(broken)).rejects.toBe(own);
  });
});
