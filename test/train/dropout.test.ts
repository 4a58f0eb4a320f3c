/**
 * Dropout inside recurrent cells, in training: which draws there are and how often each is made, by what it does to the
 * mean of squares; and that what is dropped gate by gate is otherwise what is computed at once.
 */
import { describe, expect, it } from "vitest";
import { layers, optimizers, Sequential, setRandomSeed, tensor } from "../../src/node.ts";

const RATE = 0.25;
const BATCH = 20_000;
const KEPT = 1 / (1 - RATE);

const one = { activation: "linear", recurrentActivation: "linear", useBias: true } as const;
const image = { filters: 1, kernelSize: 1, ...one };

/** Cells whose state is x·1 + h·1: weights that leave the gates open. */
const CELLS = {
  simpleRNN: [(o: object) => layers.simpleRNN({ units: 1, activation: "linear", ...o }), [[1], [1], [0]]],
  lstm: [
    (o: object) => layers.lstm({ units: 1, ...one, ...o }),
    [
      [0, 0, 1, 0],
      [0, 0, 1, 0],
      [1, 0, 0, 1],
    ],
  ],
  gru: [
    (o: object) => layers.gru({ units: 1, ...one, resetAfter: true, ...o }),
    [
      [0, 0, 1],
      [0, 0, 1],
      [0, 1, 0, 0, 0, 0],
    ],
  ],
  "gru, reset before": [
    (o: object) => layers.gru({ units: 1, ...one, resetAfter: false, ...o }),
    [
      [0, 0, 1],
      [0, 0, 1],
      [0, 1, 0],
    ],
  ],
  convLstm1d: [
    (o: object) => layers.convLstm1d({ ...image, ...o }),
    [
      [0, 0, 1, 0],
      [0, 0, 1, 0],
      [1, 0, 0, 1],
    ],
  ],
  "convLstm1d, channels first": [
    (o: object) => layers.convLstm1d({ ...image, dataFormat: "channels_first", ...o }),
    [
      [0, 0, 1, 0],
      [0, 0, 1, 0],
      [1, 0, 0, 1],
    ],
  ],
} as const;

/** The mean of squares of the last state, which is 1 where nothing is dropped. */
async function meanSquare(name: keyof typeof CELLS, x: readonly number[], options: object): Promise<number> {
  setRandomSeed(3);
  const [make, weights] = CELLS[name];
  const shape = name.startsWith("conv") ? [x.length, 1, 1] : [x.length, 1];
  const model = new Sequential({ layers: [make({ inputShape: shape, ...options })] });
  const shapes = model.weights.map((weight) => weight.shape);
  await model.setWeights(weights.map((values, i) => tensor(Float32Array.from(values), shapes[i]!)));
  model.compile({ optimizer: optimizers.sgd({ learningRate: 0 }), loss: "mse" });
  const inputs = Float32Array.from({ length: BATCH * x.length }, (_, i) => x[i % x.length]!);
  const last = name.startsWith("conv") ? [BATCH, 1, 1] : [BATCH, 1];
  const { loss } = await model.trainOnBatch(tensor(inputs, [BATCH, ...shape]), tensor(new Float32Array(BATCH), last));
  model.dispose();
  return loss!;
}

describe.each(Object.keys(CELLS) as (keyof typeof CELLS)[])("%s", (name) => {
  it("drops the state alike at every step", async () => {
    const kept = await meanSquare(name, [1, 0, 0], { recurrentDropout: RATE });
    expect(kept / KEPT ** 3).toBeGreaterThan(0.95);
    expect(kept / KEPT ** 3).toBeLessThan(1.05);
  });

  it("drops x alike at every step", async () => {
    const kept = await meanSquare(name, [0.5, 0.5], { dropout: RATE });
    expect(kept / KEPT).toBeGreaterThan(0.97);
    expect(kept / KEPT).toBeLessThan(1.03);
  });

  it("drops x and the state apart", async () => {
    const kept = await meanSquare(name, [1, 0], { dropout: RATE, recurrentDropout: RATE });
    expect(kept / KEPT ** 2).toBeGreaterThan(0.95);
    expect(kept / KEPT ** 2).toBeLessThan(1.05);
  });

  it("drops nothing where the rate is 1, as Keras's cells, or next to 0", async () => {
    if (name !== "simpleRNN") expect(await meanSquare(name, [1, 0, 0], { recurrentDropout: 1 })).toBe(1);
    expect(await meanSquare(name, [1, 0, 0], { dropout: 1e-12, recurrentDropout: 1e-12 })).toBe(1);
  });
});

/** What a step makes of the weights, with small numbers everywhere. */
async function stepped(make: (options: object) => ReturnType<typeof layers.lstm>, options: object): Promise<number[]> {
  setRandomSeed(7);
  const model = new Sequential({ layers: [make({ inputShape: [4, 5, 3], ...options })] });
  model.compile({ optimizer: "sgd", loss: "mse" });
  const weights = await model.getWeights();
  await model.setWeights(weights.map(({ shape, data }, k) => tensor(Float32Array.from(data as Float32Array, (v, i) => v + 0.1 * Math.sin(i + k)), shape))); // prettier-ignore
  const x = Float32Array.from({ length: 120 }, (_, i) => Math.sin(i * i));
  const y = await model.predict(tensor(x, [2, 4, 5, 3]));
  const { loss } = await model.trainOnBatch(tensor(x, [2, 4, 5, 3]), tensor(new Float32Array(y[0].data.length), y[0].shape)); // prettier-ignore
  const after = (await model.getWeights()).flatMap(({ data }) => Array.from(data as Float32Array));
  model.dispose();
  return [loss!, ...after];
}

const WRAPPED = {
  lstm: (o: object) => layers.timeDistributed({ layer: layers.lstm({ units: 3, ...without(o) }), ...shapeIn(o) }),
  gru: (o: object) => layers.timeDistributed({ layer: layers.gru({ units: 3, ...without(o) }), ...shapeIn(o) }),
  "gru, reset before": (o: object) =>
    layers.timeDistributed({ layer: layers.gru({ units: 3, resetAfter: false, ...without(o) }), ...shapeIn(o) }),
  "bidirectional lstm": (o: object) =>
    layers.timeDistributed({
      layer: layers.bidirectional({ layer: layers.lstm({ units: 3, ...without(o) }) }),
      ...shapeIn(o),
    }),
  convLstm1d: (o: object) => layers.convLstm1d({ filters: 2, kernelSize: 3, padding: "same", ...o }),
};
const without = ({ inputShape: _, ...rest }: { inputShape?: unknown }): object => rest;
const shapeIn = ({ inputShape }: { inputShape?: unknown }): object => ({ inputShape });

it.each(Object.entries(WRAPPED))("%s: gates one by one step as all at once", async (_, make) => {
  const wanted = await stepped(make as never, {});
  const found = await stepped(make as never, { dropout: 1e-12, recurrentDropout: 1e-12 });
  expect(found.length).toBe(wanted.length);
  wanted.forEach((value, i) => expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)))); // prettier-ignore
});
