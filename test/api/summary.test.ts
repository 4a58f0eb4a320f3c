/** The table of layers as Keras 3.15.1 prints it, and everything about layers as plain data. */
import { readFileSync } from "node:fs";
import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { inspectModel } from "../../src/api/inspect.ts";
import { layers, load, Sequential } from "../../src/node.ts";

/** The cells of each row, as Keras's own `summary()` has them for these files. */
const cells = (text: string): string[] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("│"))
    .slice(1)
    .map((line) =>
      line
        .slice(1, -1)
        .split("│")
        .map((cell) => cell.trim())
        .join(" | "),
    );

describe("summary", () => {
  it("has Keras's column of connections where the model is no chain: shared layers, states, keyword arguments", async () => {
    const siamese = (await load("fixtures/models/siamese/model.keras")).summary();
    expect(cells(siamese)).toEqual([
      "left (InputLayer) | (None, 6) | 0 | -",
      "right (InputLayer) | (None, 6) | 0 | -",
      "tower (Functional) | (None, 4) | 79 | left[0][0], right[0][0]",
      "product (Multiply) | (None, 4) | 0 | tower[0][0], tower[1][0]",
      "both (Concatenate) | (None, 12) | 0 | tower[0][0], tower[1][0], product[0][0]",
      "same (Dense) | (None, 1) | 13 | both[0][0]",
    ]);
    expect(siamese).toMatch(/Total params: 92 \(368\.00 B\)\n.*: 82 \(328\.00 B\)\n.*: 10 \(40\.00 B\)$/);
    const seq2seq = (await load("fixtures/models/seq2seq/model.keras")).summary();
    expect(cells(seq2seq).slice(4)).toEqual([
      "target_words (Embedding) | (None, None, 4) | 40 | target[0][0]",
      "encoder (LSTM) | [(None, 5), (None, 5), (None, 5)] | 200 | source_words[0][0], not_equal[0][0]",
      "decoder (LSTM) | (None, None, 5) | 200 | target_words[0][0], encoder[0][1], encoder[0][2]",
      "not_equal_1 (NotEqual) | (None, None) | 0 | target[0][0]",
      "next_word (TimeDistributed) | (None, None, 7) | 42 | decoder[0][0], not_equal_1[0][0]",
    ]);
    expect(seq2seq).toContain("Total params: 522 (2.04 KB)");
  });

  it("shows a chain without it, layers inside when asked, and which are trainable", async () => {
    const chain = await load("fixtures/models/stacked_lstm/model.keras");
    expect(cells(chain.summary())[0]).toBe("lower (LSTM) | (None, 10, 8) | 544");
    const siamese = await load("fixtures/models/siamese/model.keras");
    const nested = cells(siamese.summary({ nested: true, trainable: true }));
    expect(nested[4]).toBe("in (Dense) | (None, 5) | 35 | item[0][0] | Y");
    expect(() => siamese.summary({ nestd: true } as object)).toThrow(/mismatch\/option/);
  });
});

describe("inspect", () => {
  it("has the config of every layer and every edge, those inside wrappers and models too, as JSON", async () => {
    const found = inspectModel(await load("fixtures/models/siamese/model.keras"));
    const told = JSON.parse(JSON.stringify(found)) as typeof found;
    expect(told).toEqual(found);
    expect(found.isChain).toBe(false);
    expect(found.bytes).toBe(368);
    const tower = found.layers.find(({ name }) => name === "tower")!;
    expect(tower.inbound).toEqual([[{ layer: "left", call: 0, output: 0 }], [{ layer: "right", call: 0, output: 0 }]]);
    const inner = tower.layers.find(({ name }) => name === "in")!;
    expect(inner.config).toMatchObject({ units: 5, activation: "relu", use_bias: true });
    expect(inner.inbound).toEqual([[{ layer: "item", call: 0, output: 0 }]]);
    expect([inner.trainableParameters, inner.bytes]).toEqual([35, 140]);
  });

  it("tells the arrays of a class of one's own, in the file and after it, and how to go on", async () => {
    const files = unzipSync(readFileSync("fixtures/models/cnn/model.keras"));
    const config = JSON.parse(strFromU8(files["config.json"]!)) as Record<string, unknown>;
    const own = { class_name: "My", config: { name: "my" }, registered_name: "My", module: null };
    files["config.json"] = strToU8(JSON.stringify({ ...config, ...own }));
    const [model, known] = await Promise.all([load(zipSync(files)), load("fixtures/models/cnn/model.keras")]);
    const found = inspectModel(model);
    const total = inspectModel(known).parameters;
    expect(total).toBeGreaterThan(100);
    expect([found.parameters, found.layers[0]!.parameters, model.layers[0]!.parameters]).toEqual([total, total, total]);
    expect(found.weights!.length).toBe(known.weights.length);
    expect(model.summary()).toContain(`Total params: ${total.toLocaleString("en-US")}`);
    expect(found.problems[0]!.message).toContain("setWeights");
    const sizes = (tensors: readonly { readonly data: ArrayLike<unknown> }[]) => tensors.map(({ data }) => data.length).sort(); // prettier-ignore
    expect(sizes(await model.getWeights())).toEqual(sizes(await known.getWeights()));
    await expect(model.setWeights(await model.getWeights())).rejects.toThrow("unsupported/layer");
  });

  it("tells what a wrapper holds, and no cell that is the layer's own affair", () => {
    const model = new Sequential();
    model.add(layers.timeDistributed({ layer: layers.dense({ units: 2, name: "d" }), inputShape: [3, 4] }));
    model.add(layers.gru({ units: 2 }));
    const [, wrapper, gru] = inspectModel(model).layers;
    expect(wrapper!.layers.map(({ name, parameters }) => [name, parameters])).toEqual([["d", 10]]);
    expect(gru!.layers).toEqual([]);
    expect(gru!.inbound).toEqual([[{ layer: wrapper!.name, call: 0, output: 0 }]]);
  });
});
