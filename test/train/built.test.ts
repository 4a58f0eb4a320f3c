/** Models made in code, with layers of one class one after the other: each weight is trained as its own. */
import { describe, expect, it } from "vitest";
import { layers, load, optimizers, save, Sequential, setRandomSeed } from "../../src/node.ts";

/** Two of a class, on sequences of 3 values. */
const PAIRS = {
  lstm: (units: number) => layers.lstm({ units, returnSequences: true }),
  gru: (units: number) => layers.gru({ units, returnSequences: true }),
  simpleRnn: (units: number) => layers.simpleRNN({ units, returnSequences: true }),
  rnn: (units: number) => layers.rnn({ cell: layers.lstmCell({ units }), returnSequences: true }),
  bidirectional: (units: number) =>
    layers.bidirectional({ layer: layers.gru({ units, returnSequences: true, name: "one" }) }),
  timeDistributed: (units: number) => layers.timeDistributed({ layer: layers.dense({ units, name: "one" }) }),
} as const;

describe.each(Object.entries(PAIRS))("two of %s", (_, make) => {
  it("train as in the file of the model", async () => {
    setRandomSeed(2);
    const built = new Sequential({
      layers: [layers.dense({ units: 3, inputShape: [4, 3] }), make(5), make(4), layers.dense({ units: 1 })],
    });
    const loaded = await load((await save(built, { format: "keras-v3" })).values().next().value!);
    const x = [0, 1].map((i) => [0, 1, 2, 3].map((t) => [i, t / 4, 1]));
    const y = [0, 1].map((i) => [0, 1, 2, 3].map((t) => [i - t / 4]));
    const [a, b] = await Promise.all(
      [built, loaded].map(async (model) => {
        model.compile({ optimizer: optimizers.adam({ learningRate: 0.01 }), loss: "mse" });
        for (let step = 0; step < 3; step++) await model.trainOnBatch(x, y);
        return (await model.getWeights()).map(({ data }) => data);
      }),
    );
    expect(a).toEqual(b);
  });
});

it("weights of cells are told under the name of their layer", () => {
  const model = new Sequential({
    layers: [
      layers.lstm({ units: 2, returnSequences: true, name: "a", inputShape: [3, 1] }),
      layers.gru({ units: 2, name: "b" }),
    ],
  });
  expect(model.weights.map(({ path }) => path)).toEqual([
    "a/lstm_cell/kernel",
    "a/lstm_cell/recurrent_kernel",
    "a/lstm_cell/bias",
    "b/gru_cell/kernel",
    "b/gru_cell/recurrent_kernel",
    "b/gru_cell/bias",
  ]);
});
