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

/** As Keras 3.15.1 predicts with one TimeDistributed(EinsumDense) called on both. */
it.each(["ab,bc->ac", "xy,yz->xz"])("EinsumDense of %s on more axes than it was built on", async (equation) => {
  const ref = (name: string, shape: readonly (number | null)[]): object => ({
    class_name: "__keras_tensor__",
    config: { shape, dtype: "float32", keras_history: [name, 0, 0] },
  });
  const ends = { a: [null, 2, 3], b: [null, 1, 2, 3] };
  const inputs = Object.entries(ends).map(([name, shape]) => ({
    module: "keras.layers",
    class_name: "InputLayer",
    config: { batch_shape: shape, dtype: "float32", name },
    name,
    inbound_nodes: [],
  }));
  const options = { name: "inner", dtype, equation, output_shape: 2 };
  const layer = { class_name: "EinsumDense", config: options, build_config: { input_shape: [null, 3] } };
  const timed = {
    module: "keras.layers",
    class_name: "TimeDistributed",
    config: { name: "t", layer },
    name: "t",
    inbound_nodes: Object.entries(ends).map(([name, shape]) => ({ args: [ref(name, shape)], kwargs: {} })),
  };
  const config = { name: "m", layers: [...inputs, timed], input_layers: [["a", 0, 0], ["b", 0, 0]], output_layers: [["t", 0, 0], ["t", 1, 0]] }; // prettier-ignore
  const model = tableModel({ class_name: "Functional", config }, "keras3", () => undefined, wholeWeight);
  for (const backend of ["reference", "wasm"] as const) {
    const found = await model.predict([floats, tensor(X, [1, 1, 2, 3], "float32")], { backend });
    expect(found.map(({ shape, data }) => [shape, [...(data as Float32Array)]])).toEqual([
      [[1, 2, 2], PRODUCT],
      [[1, 1, 2, 2], PRODUCT],
    ]);
  }
});
