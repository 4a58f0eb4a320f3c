/**
 * A ReversibleEmbedding on its way back, its table as a policy rounds it, its input as it is given. The numbers are real
 * Keras's (3.15.1 on TensorFlow): `L.ReversibleEmbedding(4, 3, tie_weights=…, reverse_dtype=…, dtype=…)(x, reverse=True)`.
 */
import { expect, it } from "vitest";
import { withDType } from "../../src/core/cast.ts";
import { tensor } from "../../src/node.ts";
import { tableModel } from "../support/tables.ts";

const X = [1, 0.3, -2, 0.7, 5, 1];

// prettier-ignore
const ROWS = [
  [true, null, "mixed_bfloat16", "float32", [0.414844, -0.243164, 0.0642578, 0.113672, 2.64014, -2.79746, 2.90645, -2.95762]],
  [true, null, "mixed_float16", "float32", [0.415918, -0.242969, 0.0648926, 0.114648, 2.63796, -2.802, 2.90923, -2.95869]],
  [true, null, "float64", "float64", [0.41601, -0.242824, 0.0647786, 0.114564, 2.63832, -2.8019, 2.9094, -2.95867]],
  [true, "float32", "float64", "float32", [0.41601, -0.242824, 0.0647785, 0.114564, 2.63832, -2.8019, 2.9094, -2.95867]],
  [true, "float16", "mixed_bfloat16", "float16", [0.414795, -0.243164, 0.06427, 0.113647, 2.64062, -2.79688, 2.90625, -2.95703]],
  [true, "float16", "mixed_float16", "float16", [0.416016, -0.243042, 0.0649414, 0.114624, 2.63867, -2.80273, 2.91016, -2.95898]],
  [true, "float16", "float64", "float16", [0.416016, -0.243042, 0.0649414, 0.114624, 2.63867, -2.80273, 2.91016, -2.95898]],
  [false, null, "mixed_bfloat16", "float32", [-0.135742, 0.956152, 1.16924, 0.304492, -1.89258, -0.651172, 1.19019, 1.93789]],
  [false, null, "mixed_float16", "float32", [-0.135303, 0.956641, 1.16914, 0.306592, -1.89695, -0.652002, 1.19246, 1.93994]],
  [false, null, "float64", "float64", [-0.135222, 0.956757, 1.1691, 0.306575, -1.89674, -0.652295, 1.19186, 1.94023]],
  [false, "float32", "float64", "float32", [-0.135222, 0.956758, 1.1691, 0.306575, -1.89674, -0.652295, 1.19186, 1.94023]],
  [false, "float16", "mixed_bfloat16", "float16", [-0.135742, 0.956055, 1.16895, 0.304443, -1.89258, -0.650879, 1.19043, 1.9375]],
  [false, "float16", "mixed_float16", "float16", [-0.135376, 0.956543, 1.16895, 0.306641, -1.89648, -0.651855, 1.19238, 1.93945]],
  [false, "float16", "float64", "float16", [-0.135376, 0.956543, 1.16895, 0.306641, -1.89648, -0.651855, 1.19238, 1.93945]],
] as const;

it.each(ROWS)("tied %s, reverse_dtype %s, policy %s", async (tie_weights, reverse_dtype, policy, dtype, expected) => {
  const input = { module: "keras.layers", class_name: "InputLayer", name: "x", config: { name: "x", batch_shape: [null, 2, 3] }, inbound_nodes: [] }; // prettier-ignore
  const given = { class_name: "__keras_tensor__", config: { shape: [null, 2, 3], dtype: "float32", keras_history: ["x", 0, 0] } }; // prettier-ignore
  const config = { name: "e", input_dim: 4, output_dim: 3, tie_weights, reverse_dtype, dtype: { module: "keras", class_name: "DTypePolicy", config: { name: policy } } }; // prettier-ignore
  const layer = { module: "keras.layers", class_name: "ReversibleEmbedding", name: "e", config, inbound_nodes: [{ args: [given], kwargs: { reverse: true } }] }; // prettier-ignore
  const json = { module: "keras", class_name: "Functional", config: { name: "m", layers: [input, layer], input_layers: [["x", 0, 0]], output_layers: [["e", 0, 0]] } }; // prettier-ignore
  const model = tableModel(json, "keras3", () => undefined);
  for (const backend of ["reference", "wasm"] as const) {
    const [y] = await model.predict(tensor(X, [1, 2, 3]), { backend });
    expect(y!.dtype, backend).toBe(dtype);
    const values = withDType(y!, "float64").data as Float64Array;
    const near = dtype === "float16" ? 3e-3 : 1e-5;
    expected.forEach((value, i) => expect(Math.abs(values[i]! - value), backend).toBeLessThanOrEqual(near));
  }
});
