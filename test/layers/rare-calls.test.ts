/** Operations with arguments that random models rarely have, on both backends: rare-calls.json, which rare_calls.py wrote. */
import { expect, it } from "vitest";
import { withDType } from "../../src/core/cast.ts";
import type { DType } from "../../src/core/dtype.ts";
import { load, type Tensor, tensor } from "../../src/node.ts";
import table from "./rare-calls.json" with { type: "json" };

type Listed = [dtype: string, shape: number[], numbers: (number | string)[]];
const numbersOf = ([, , numbers]: Listed): number[] => numbers.map(Number);
const inputs = table.inputs as unknown as Record<string, Listed>;

/** As near as the library's own contract asks, of the largest finite number. */
function isNear(found: Tensor, wanted: Listed): boolean {
  const numbers = numbersOf(wanted);
  const values = Array.from(withDType(found, "float64").data as Float64Array);
  const most = Math.max(0, ...numbers.filter(Number.isFinite).map(Math.abs));
  const step = { float16: 2 ** -11, bfloat16: 2 ** -8 }[wanted[0]] ?? 1e-6;
  const isFloat = wanted[0].includes("float");
  return numbers.every((v, i) => Object.is(v, values[i]) || Math.abs(v - values[i]!) <= (isFloat ? step * most : 0));
}

it.each(table.rows.map((row) => [row.call, row] as const))("%s", async (_call, row) => {
  const model = await load(new TextEncoder().encode(JSON.stringify(row.model)));
  const given = row.inputs.map((name) => {
    const [dtype, shape] = inputs[name]!;
    return tensor(numbersOf(inputs[name]!), shape, dtype as DType);
  });
  const outputs = row.outputs as unknown as Listed[];
  for (const backend of ["reference", "wasm"] as const) {
    const found = await model.predict(given, { backend });
    expect(found.map((y) => [y.dtype, y.shape])).toEqual(outputs.map(([dtype, shape]) => [dtype, shape]));
    for (const [i, y] of found.entries())
      expect(isNear(y, outputs[i]!), `${backend} ${i}: ${y.data.join(" ")} for ${outputs[i]![2].join(" ")}`).toBe(true);
  }
});
