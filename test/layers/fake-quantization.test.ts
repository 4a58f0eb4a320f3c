/** What quantising would make of floats: Keras's numbers (fake-quantization.json, made by fake_quantization.py). */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { load, tensor } from "../../src/index.ts";

interface Table {
  readonly x: number[];
  readonly cases: readonly { readonly config: string; readonly y: readonly number[] }[];
}
const table = JSON.parse(readFileSync(new URL("fake-quantization.json", import.meta.url), "utf8")) as Table;

it.each(table.cases.map((one, i) => [i, one] as const))("case %i is Keras's", async (_i, { config, y }) => {
  const model = await load(new TextEncoder().encode(config));
  for (const backend of ["wasm", "reference"] as const) {
    const [made] = await model.predict(tensor(table.x, [3, 2, 3]), { backend });
    y.forEach((value, i) => expect(Math.abs(value - Number(made!.data[i]))).toBeLessThanOrEqual(2e-6));
  }
});
