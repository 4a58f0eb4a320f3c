/** Weights of half precision are bits: what is computed of them on the way to another file goes through floats, or is refused. */
import { expect, it } from "vitest";
import { fromFloat16 } from "../src/core/dtype.ts";
import type { FormatError } from "../src/core/error.ts";
import { toFloat16 } from "../src/core/half.ts";
import { layers, save, Sequential } from "../src/index.ts";
import { runRecipe } from "../src/model/steps.ts";

const made = (dtype: "float16" | "bfloat16" | "float32" | "mixed_float16") => {
  const model = new Sequential();
  model.add(layers.lstm({ units: 2, recurrentActivation: "hard_sigmoid", dtype, inputShape: [3, 2] }));
  return model;
};

// `hard_sigmoid` of older Keras is another function: gates' weights are scaled for it.
it.each(["float16", "bfloat16"] as const)("hard_sigmoid's scaled weights of %s are refused", async (dtype) => {
  const error = await save(made(dtype), { format: "keras-h5", dialect: "keras2" }).catch((e: unknown) => e);
  expect((error as FormatError).code).toBe("unsupported/translation");
  expect((error as FormatError).path).toMatch(/recurrent_activation$/);
});

it.each(["float32", "mixed_float16"] as const)("those of float32 under %s are scaled", async (dtype) => {
  expect((await save(made(dtype), { format: "keras-h5", dialect: "keras2" })).size).toBe(1);
});

const half = (values: readonly number[], shape: readonly number[]) => ({
  dtype: "float16" as const,
  shape,
  data: Uint16Array.from(values, toFloat16),
});

it("sums and adapters of float16", () => {
  const sum = runRecipe({ from: [0, 1], steps: [{ op: "sum" }] }, [half([1, 2.5], [2]), half([-0.5, 4], [2])]);
  expect(Array.from(sum.data as Uint16Array, fromFloat16)).toEqual([0.5, 6.5]);
  const adapted = runRecipe({ from: [0, 1, 2], steps: [{ op: "adapt", scale: 2 }] }, [
    half([1, 2, 3, 4], [2, 2]),
    half([0.5, 1], [2, 1]),
    half([1, -1], [1, 2]),
  ]);
  expect(Array.from(adapted.data as Uint16Array, fromFloat16)).toEqual([2, 1, 5, 2]);
});
