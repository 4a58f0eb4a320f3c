/**
 * Numbers evenly apart in a dtype of whole ones, which lie between floats rounded down, and which dtype uint64 makes with others.
 * Keras 3.15.1 on TensorFlow 2.21: `ops.linspace(np.arange(1, 10).reshape(1, 3, 3).astype(of), 12, num, dtype=dtype, endpoint=endpoint)`,
 * `keras.src.backend.common.dtypes.result_type("uint64", dtype)`.
 */
import { expect, it } from "vitest";
import type { DType } from "../../src/core/dtype.ts";
import { load, tensor } from "../../src/node.ts";
import { promote } from "../../src/ops/promote.ts";

function linspace(dtype: DType, options: object): Uint8Array {
  const shape = [null, 3, 3];
  const x = { class_name: "__keras_tensor__", config: { shape, dtype, keras_history: ["x", 0, 0] } };
  const layers = [
    { module: "keras.layers", class_name: "InputLayer", config: { batch_shape: shape, dtype, name: "x" }, registered_name: null, name: "x", inbound_nodes: [] }, // prettier-ignore
    { module: "keras.src.ops.numpy", class_name: "Linspace", config: { name: "r", ...options }, registered_name: "Linspace", name: "r", inbound_nodes: [{ args: [x, 12], kwargs: {} }] }, // prettier-ignore
  ];
  const config = { name: "f", trainable: true, layers, input_layers: [["x", 0, 0]], output_layers: [["r", 0, 0]] };
  const model = { module: "keras.src.models.functional", class_name: "Functional", config, registered_name: "Functional" }; // prettier-ignore
  return new TextEncoder().encode(JSON.stringify(model));
}

const NINE = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const THIRDS = [...NINE, 4, 5, 6, 6, 7, 8, 8, 9, 10, 8, 8, 9, 9, 9, 10, 10, 10, 11];
const TWELVES = NINE.map(() => 12);

it.each([
  ["int32", "int32", 4, true, [...THIRDS, ...TWELVES]],
  ["int32", "uint8", 3, false, THIRDS],
  ["float32", "int64", 2, true, [...NINE, ...TWELVES]],
  ["int32", "int16", 1, true, NINE],
] as const)("linspace of %s in %s, %i numbers, with the last one: %s", async (of, dtype, num, endpoint, wanted) => {
  const model = await load(linspace(of, { num, endpoint, retstep: false, dtype, axis: 0 }));
  for (const backend of ["reference", "wasm"] as const) {
    const [y] = await model.predict(tensor(NINE, [1, 3, 3], of), { backend });
    expect([y!.dtype, Array.from(y!.data as ArrayLike<number>, Number)]).toEqual([dtype, [...wanted]]);
  }
});

it.each([
  ["bool", "uint32"], ["uint8", "uint32"], ["uint16", "uint32"], ["uint32", "uint32"], ["int8", "float32"], ["int64", "float32"], ["float16", "float16"], ["float64", "float64"],
] as const)("uint64 and %s make %s", (other, wanted) => {
  expect([promote("uint64", other), promote(other, "uint64")]).toEqual([wanted, wanted]);
}); // prettier-ignore
