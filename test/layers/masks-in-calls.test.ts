/**
 * A mask that a call sets is read off the value, and MultiHeadAttention takes it away from those called later: what is called
 * first follows from the order of the outputs. One that Keras 3 has in its graph stays. As Keras 3.15.1 on TensorFlow 2.21.
 */
import { expect, it } from "vitest";
import { Input, layers, Model, tensor } from "../../src/node.ts";

const IDS = tensor(Int32Array.from([7, 4, 0, 0, 5, 4, 1, 0]), [2, 4]);
const options = { inputDim: 10, outputDim: 2, maskZero: true };

for (const [name, make, order, isMasked] of [
  ["ReversibleEmbedding", () => layers.reversibleEmbedding(options), "mean first", false],
  ["ReversibleEmbedding", () => layers.reversibleEmbedding(options), "attention first", true],
  ["Embedding", () => layers.embedding(options), "mean first", true],
  ["Embedding", () => layers.embedding(options), "attention first", true],
] as const)
  it(`${name}, ${order}`, async () => {
    const input = Input({ shape: [null], dtype: "int32" });
    const x = make().apply(input);
    const attention = layers.multiHeadAttention({ numHeads: 2, keyDim: 4 }).apply(x, { value: x });
    const mean = layers.globalAveragePooling1d().apply(x);
    const isFirst = order === "mean first";
    const model = new Model({ inputs: input, outputs: isFirst ? [mean, attention] : [attention, mean] });
    const [rows] = await new Model({ inputs: input, outputs: x }).predict(IDS);
    const y = (await model.predict(IDS))[isFirst ? 0 : 1]!;
    const wanted = [0, 1].flatMap((b) =>
      [0, 1].map((i) => {
        const steps = [0, 1, 2, 3].filter((t) => !isMasked || IDS.data[b * 4 + t] !== 0);
        return steps.reduce((sum, t) => sum + Number(rows!.at(b, t, i)), 0) / steps.length;
      }),
    );
    wanted.forEach((value, i) => expect(y.data[i]).toBeCloseTo(value, 6));
  });
