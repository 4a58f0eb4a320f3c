/** `weights`, `getWeights` and `setWeights` go in the order of real Keras: fixtures/make/weight_order.py asked it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "../src/core/crc32.ts";
import { describe, expect, it } from "vitest";
import type { NumericArray } from "../src/core/dtype.ts";

import { FIXTURES, loadFixture } from "./support/fixtures.ts";

const table = JSON.parse(readFileSync(join(FIXTURES, "weight-order.json"), "utf8")) as Record<string, string>;

describe("weights in Keras's order", () => {
  it.each(Object.entries(table))("%s", async (name, expected) => {
    const model = await loadFixture({ name, folder: join(FIXTURES, name) });
    const values = await model.getWeights();
    const lines = model.weights.map(({ name: weight, shape }, i) => {
      const { buffer, byteOffset, byteLength } = values[i]!.data as NumericArray;
      const sum = crc32(new Uint8Array(buffer, byteOffset, byteLength))
        .toString(16)
        .padStart(8, "0");
      return `${weight.split("/").at(-1)}[${shape!.join(",")}]${sum}`;
    });
    expect(lines.join(" ")).toBe(expected);
    model.dispose();
  });
});
