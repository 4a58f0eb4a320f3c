/** Casts of floats to integers, in range and out of it, on both backends, against Keras 3 (made by fixtures/make/casts.py). */
import { describe, expect, it } from "vitest";
import type { DType } from "../src/core/dtype.ts";
import { withDType } from "../src/core/cast.ts";
import { tensor } from "../src/node.ts";
import { tableHead, tableModel } from "./support/tables.ts";

interface Table {
  readonly configs: Readonly<Record<string, unknown>>;
  readonly values: Readonly<Record<string, readonly (number | "nan" | "inf" | "-inf")[]>>;
  readonly results: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

const { configs, values, results } = tableHead("dtypes/keras3_casts.json.gz") as Table;
const SPECIAL = { nan: NaN, inf: Infinity, "-inf": -Infinity };

describe.each(Object.keys(configs))("from %s", (from) => {
  it.each(["reference", "wasm"] as const)("%s", async (backend) => {
    const model = tableModel(configs[from], "keras3", () => undefined);
    const given = values[from]!.map((v) => (typeof v === "string" ? SPECIAL[v] : v));
    const x = withDType(tensor(given, [given.length], "float64"), from as DType);
    const found = await model.predict(x, { backend });
    const outputs = Array.isArray(found) ? found : [found];
    const texts = Object.keys(results[from]!).map((dtype, i) => {
      expect(outputs[i]!.dtype).toBe(dtype);
      return [dtype, Array.from(outputs[i]!.data as ArrayLike<number | bigint>, Number)];
    });
    // 64-bit integers have 53 bits.
    const wanted = Object.entries(results[from]!).map(([dtype, list]) => [dtype, list.map(Number)]);
    expect(Object.fromEntries(texts)).toEqual(Object.fromEntries(wanted));
  });
});
