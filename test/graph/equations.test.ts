/** What layers compute, in lines: from the graph, so a few of each kind say that the writing is right. */
import { describe, expect, it } from "vitest";
import { equations, inspect, layers, load, Sequential } from "../../src/node.ts";
import type { Layer } from "../../src/node.ts";
import { join } from "node:path";
import { FIXTURES } from "../support/fixtures.ts";

const of = async (layer: Layer, ...before: Layer[]): Promise<readonly string[]> => {
  const model = new Sequential({ layers: [...before, layer] });
  return [...(await equations(model))].at(-1)![1];
};

describe("equations", () => {
  it.each<[string, Layer, readonly string[]]>([
    ["Dense", layers.dense({ units: 4, activation: "relu", inputShape: [3] }), ["y = relu(x·kernel + bias)"]],
    [
      "LSTM",
      layers.lstm({ units: 4, inputShape: [null, 3] }),
      [
        "z = xₜ·kernel + hₜ₋₁·recurrent_kernel + bias",
        "cₜ = sigmoid(z[…, 4:8]) ⊙ cₜ₋₁ + sigmoid(z[…, 0:4]) ⊙ tanh(z[…, 8:12])",
        "hₜ = sigmoid(z[…, 12:16]) ⊙ tanh(cₜ)",
        "y = hₜ of the last step",
      ],
    ],
    [
      "SimpleRNN",
      layers.simpleRNN({ units: 4, inputShape: [null, 3], goBackwards: true, returnSequences: true }),
      [
        "hₜ = tanh(xₜ·kernel + bias + hₜ₋₁·recurrent_kernel)",
        "t from the last step to the first",
        "y = [hₜ for all t]",
      ],
    ],
    [
      "BatchNormalization",
      layers.batchNormalization({ inputShape: [3], scale: false }),
      ["y = (x − moving_mean) ⊙ (1 / √(moving_variance + 0.001)) + beta"],
    ],
    [
      "Conv2D",
      layers.conv2d({ filters: 2, kernelSize: 3, strides: 2, padding: "same", inputShape: [8, 8, 3] }),
      ["y = conv(x, kernel, bias; strides 2×2, padding same)"],
    ],
    ["Flatten", layers.flatten({ inputShape: [2, 3] }), ["y = reshape(x → ?×6)"]],
    ["Dropout", layers.dropout({ rate: 0.5, inputShape: [3] }), ["y = x"]],
    [
      "Bidirectional",
      layers.bidirectional({ layer: layers.gru({ units: 2, name: "g" }), inputShape: [null, 3] }),
      ["y = concat(forward_g(x), backward_g(x); axis 1)"],
    ],
  ])("%s", async (_, layer, lines) => {
    const found = await equations(new Sequential({ layers: [layer] }));
    expect([...found].find(([path]) => !path.includes("/"))![1]).toEqual(lines);
  });

  it("masks are said, and where they go", async () => {
    const pooled = layers.globalAveragePooling1d({ name: "pool" });
    const lines = await of(pooled, layers.embedding({ inputDim: 5, outputDim: 2, maskZero: true, inputShape: [null] }));
    expect(lines).toEqual(["y = sum(where(mask, x, 0); axis 1) / sum(mask; axis 1)"]);
    const model = new Sequential({
      layers: [
        layers.embedding({ inputDim: 5, outputDim: 2, maskZero: true, inputShape: [null], name: "embedding" }),
        layers.lstm({ units: 2, returnSequences: true, name: "lstm" }),
        layers.dense({ units: 2, name: "dense" }),
        layers.globalAveragePooling1d({ name: "pool" }),
      ],
    });
    const { layers: found } = await inspect(model);
    expect(found.map(({ name, masked }) => [name, masked])).toEqual([
      ["embedding_input", false],
      ["embedding", true],
      ["lstm", true],
      ["dense", true],
      ["pool", false],
    ]);
  });

  it.each(["siamese/model.keras", "cnn/model.keras", "tfk_text_h5/model.h5"])("of every layer of %s", async (file) => {
    const model = await load(join(FIXTURES, "models", file));
    const found = await equations(model);
    const all = (of: Awaited<ReturnType<typeof inspect>>["layers"], around = ""): string[] =>
      of.flatMap(({ name, class: kind, layers: inside }) => [
        ...(/^(InputLayer|Functional|Sequential)$/.test(kind) ? [] : [around + name]),
        ...all(inside, `${around}${name}/`),
      ]);
    const { layers: told } = await inspect(model);
    expect(all(told).filter((path) => !found.has(path))).toEqual([]);
    for (const lines of found.values()) expect(lines.length).toBeLessThanOrEqual(10);
  });
});
