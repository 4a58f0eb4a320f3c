/**
 * Keras 3's TimeDistributed runs the `call` of its layer, and so a quantised one on its whole numbers as they are, without
 * their scales and without rounding its input (keras/src/layers/rnn/time_distributed.py, core/dense.py `kernel`): as its
 * 3.15.1 predicts with `TimeDistributed(Dense(4))`, `EinsumDense`, `Embedding` after `quantize("int8")`.
 */
import { expect, it } from "vitest";
import type { Tensor } from "../../src/core/tensor.ts";
import { type Model, tensor } from "../../src/node.ts";
import { tableModel, wholeWeight } from "../support/tables.ts";

const dtype = { class_name: "QuantizedDTypePolicy", config: { mode: "int8", source_name: "float32" } };

function inTime(className: string, options: object, shape: readonly (number | null)[], input: string): Model {
  const layer = { class_name: className, config: { name: "inner", dtype, ...options } };
  const layers = [
    { class_name: "InputLayer", config: { name: "x", batch_shape: shape, dtype: input } },
    { class_name: "TimeDistributed", config: { name: "t", layer } },
  ];
  return tableModel(
    { class_name: "Sequential", config: { name: "m", layers } },
    "keras3",
    () => undefined,
    wholeWeight,
  );
}

const KERNEL = Array.from({ length: 6 }, (_, i) => Math.round(Math.sin(i + 1) * 3));
const X = [0.25, -1.5, 2, 0.5, 1, -0.75];
/** Rows of X, two by three, times the kernel of three by two. */
const PRODUCT = [0, 1].flatMap((row) =>
  [0, 1].map((column) => [0, 1, 2].reduce((sum, k) => sum + X[3 * row + k]! * KERNEL[2 * k + column]!, 0)),
);
const floats: Tensor = tensor(X, [1, 2, 3], "float32");

it.each([
  ["Dense", { units: 2, use_bias: false }, [null, 2, 3], floats, PRODUCT],
  ["EinsumDense", { equation: "ab,bc->ac", output_shape: 2 }, [null, 2, 3], floats, PRODUCT],
  ["Embedding", { input_dim: 3, output_dim: 2 }, [null, 2, 1], tensor([2, 0], [1, 2, 1], "int32"), [KERNEL[4], KERNEL[5], KERNEL[0], KERNEL[1]]], // prettier-ignore
] as const)("%s", async (className, options, shape, x, wanted) => {
  const model = inTime(className, options, shape, x.dtype);
  for (const backend of ["reference", "wasm"] as const) {
    const [y] = await model.predict(x, { backend });
    expect([...(y!.data as Float32Array)]).toEqual(wanted);
  }
});
