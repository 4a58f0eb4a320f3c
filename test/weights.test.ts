/** `weights`, `getWeights` and `setWeights` go in the order of real Keras: fixtures/make/weight_order.py asked it. */
import { join } from "node:path";
import { crc32 } from "../src/core/crc32.ts";
import { describe, expect, it } from "vitest";
import type { NumericArray } from "../src/core/dtype.ts";

import { load, save, verify } from "../src/node.ts";
import { FIXTURES, loadFixture } from "./support/fixtures.ts";
import { tableHead } from "./support/tables.ts";

const table = tableHead("weight-order.json.gz") as Record<string, string>;

describe("weights in Keras's order", () => {
  it.each(Object.entries(table))("%s", async (name, expected) => {
    const model = await loadFixture({ name, folder: join(FIXTURES, name) });
    const values = await model.getWeights();
    const lines = model.weights.map(({ name: weight, shape }, i) => {
      const { buffer, byteOffset, byteLength } = values[i]!.data as NumericArray;
      const sum = crc32(new Uint8Array(buffer, byteOffset, byteLength))
        .toString(16)
        .padStart(8, "0");
      return `${weight
        .split("/")
        .at(-1)!
        .replace(/^(embedding_weights)_[0-9]+$/, "$1")}[${shape!.join(",")}]${sum}`;
    });
    // The kernel of a DepthwiseConv has Keras 3's name; of tables of one layer that have the same one, ours are numbered.
    const today = model.weights.map(({ name: weight }) => weight);
    const wanted = expected
      .split(" ")
      .map((line, i) => (today[i] === "kernel" ? line.replace(/^depthwise_/, "") : line));
    expect(lines).toEqual(wanted);
    model.dispose();
  });

  it("gives an architecture alone its weights", async () => {
    const name = "models/stacked_lstm";
    const whole = await loadFixture({ name, folder: join(FIXTURES, name) });
    const [json] = [...(await save(whole, { format: "keras-json" })).values()];
    const model = await load(json!);
    expect(model.problems.map(({ code }) => code)).toEqual(["mismatch/missing-weights"]);
    await model.setWeights(await whole.getWeights());
    expect(model.problems).toEqual([]);
    expect((await verify(model, whole, { rtol: 0, atol: 0 })).ok).toBe(true);
    expect((await verify(await load([...(await save(model, { format: "keras-h5" })).values()][0]!), whole)).ok).toBe(
      true,
    );
  });
});
