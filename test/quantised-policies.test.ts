/**
 * Quantised layers by float policy, with adapters and without, on both backends: Keras's dtype, and as near to the same arrays
 * in float64 as `truthExcess` asks (quantised-policies.json, which quantised_policies.py wrote).
 */
import { expect, it } from "vitest";
import { withDType } from "../src/core/cast.ts";
import { type DType, isFloat } from "../src/core/dtype.ts";
import { listOf } from "../src/core/list.ts";
import type { Tensor } from "../src/core/tensor.ts";
import { FormatError, load, tensor } from "../src/node.ts";
import { truthExcess } from "../src/verify/truth-rule.ts";
import table from "./quantised-policies.json" with { type: "json" };

type Result = readonly [dtype: string, error: number, weights: readonly string[]] | null;

/** What quantised_policies.py puts into a weight. */
function filled(name: string, i: number, shape: readonly number[], dtype: DType): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const number = (j: number): number => {
    if (name === "g_idx") return Math.floor(j / 3);
    if (name.includes("zero")) return ((j * 5) % 7) - (dtype.startsWith("int") ? 3 : 0);
    if (!isFloat(dtype)) return ((j * 37 + 11 * i + 11) % 256) - (dtype.startsWith("u") ? 0 : 128);
    if (name.includes("scale")) return 15 + 10 * Math.sin(j + i);
    return 0.6 * Math.sin(j * 1.3 + i * 0.7 + 0.5);
  };
  return withDType({ dtype: "float64", shape: [...shape], data: Float64Array.from(listOf(size, number)) }, dtype);
}

async function outcome(row: (typeof table)[number], source: string, backend: "wasm" | "reference") {
  const dtype = row.config.dtype as { config: object };
  const config = { ...row.config, dtype: { ...dtype, config: { ...dtype.config, source_name: source } } };
  const isTable = row.class.includes("Embedding");
  const input = { name: "x", batch_shape: [null, isTable ? 3 : 6], dtype: isTable ? "int32" : "float32" };
  const layers = [
    { module: "keras.layers", class_name: "InputLayer", config: input },
    { module: "keras.layers", class_name: row.class, config },
  ];
  const text = JSON.stringify({ module: "keras", class_name: "Sequential", config: { name: "s", layers } });
  const model = await load(new TextEncoder().encode(text));
  const dtypes = model.weights.map((w) => w.dtype);
  await model.setWeights(
    row.weights.map(([name, shape], i) => filled(name as string, i, shape as number[], dtypes[i] as DType)),
  );
  const x = isTable
    ? tensor([0, 3, 6, 5, 1, 2], [2, 3], "int32")
    : tensor(
        listOf(12, (j) => Math.fround(Math.sin(j * 1.7 + 0.3) * 1.1)),
        [2, 6],
      );
  const [y] = await model.predict(x, { backend });
  return { y: y!, dtypes };
}

it.each(table.map((row) => [row.name, row] as const))("%s", async (_name, row) => {
  const wrong: string[] = [];
  for (const [source, given] of Object.entries(row.results)) {
    const wanted = given as Result;
    if (wanted === null) continue;
    for (const backend of ["reference", "wasm"] as const) {
      const at = `${backend} ${source}`;
      try {
        const { y, dtypes } = await outcome(row, source, backend);
        const [dtype, error, weights] = wanted;
        if (y.dtype !== dtype || String(y.shape) !== String(row.shape)) wrong.push(`${at}: ${y.dtype}[${y.shape}]`);
        if (String(dtypes) !== String(weights)) wrong.push(`${at}: weights ${dtypes}, ${weights}`);
        const values = withDType(y, "float64").data as Float64Array;
        const maxAbs = Math.max(...row.truth.map((v, k) => Math.abs(v - values[k]!)));
        const excess = truthExcess({ maxAbs }, { maxAbs: error }, Math.max(...row.truth.map(Math.abs)), y.dtype);
        if (!(excess <= 1)) wrong.push(`${at}: an error of ${maxAbs}, Keras's is ${error}`);
      } catch (error) {
        if (!(error instanceof FormatError) || error.code.startsWith("internal/")) throw error;
        wrong.push(`${at}: ${error.message}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});
