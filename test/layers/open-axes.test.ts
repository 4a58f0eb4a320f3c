/**
 * Keras squeezes every axis of length 1, those too of which the model does not know the length:
 *
 *     i = Input((None, 3)); Model(i, ops.squeeze(i))(np.ones((2, 1, 3))).shape == (2, 3)   # and tf.squeeze(i): keras 3.15.1, tf-keras 2.21
 *
 * Here ranks are known when a model is loaded: such a call is refused.
 */
import { expect, it } from "vitest";
import { load, tensor } from "../../src/node.ts";

const x = { class_name: "__keras_tensor__", config: { shape: [null, null, 3], dtype: "float32", keras_history: ["x", 0, 0] } }; // prettier-ignore
const input = { class_name: "InputLayer", name: "x" };
const MODELS = {
  "ops.squeeze(i)": [
    { module: "keras.layers", ...input, config: { batch_shape: [null, null, 3], dtype: "float32", name: "x" }, inbound_nodes: [] }, // prettier-ignore
    { module: "keras.src.ops.numpy", class_name: "Squeeze", config: { name: "y", axis: null }, name: "y", inbound_nodes: [{ args: [x], kwargs: {} }] }, // prettier-ignore
  ],
  "tf.squeeze(i)": [
    { ...input, config: { batch_input_shape: [null, null, 3], dtype: "float32", name: "x" }, inbound_nodes: [] },
    { class_name: "TFOpLambda", config: { name: "y", dtype: "float32", function: "squeeze" }, name: "y", inbound_nodes: [["x", 0, 0, {}]] }, // prettier-ignore
  ],
};

it.each(Object.entries(MODELS))("%s", async (_, layers) => {
  const config = { name: "m", trainable: true, layers, input_layers: [["x", 0, 0]], output_layers: [["y", 0, 0]] };
  const model = await load(new TextEncoder().encode(JSON.stringify({ class_name: "Functional", config })));
  for (const backend of ["reference", "wasm"] as const) {
    const [y] = await model.predict(tensor(new Array<number>(12).fill(1), [2, 2, 3]), { backend });
    expect(y!.shape).toEqual([2, 2, 3]);
    for (const shape of [[2, 1, 3], [1, 2, 3]]) await expect(model.predict(tensor(new Array<number>(6).fill(1), shape), { backend })).rejects.toThrow("mismatch/shape"); // prettier-ignore
  }
  const ones = tensor(new Array<number>(6).fill(1), [2, 1, 3]);
  const [y] = await model.predict(ones, { backend: "onnxruntime" });
  expect(y!.shape).toEqual([2, 3]);
});
