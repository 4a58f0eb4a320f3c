/** CenterCrop(height, width, dtype="uint8") of floats, as tf-keras 2.21.0 answers: it cuts the fractions off before and after it resizes. */
import { expect, it } from "vitest";
import { load, tensor } from "../../src/node.ts";

it.each([
  [1, 3, [50, 61, 70]],
  [4, 4, [10, 16, 24, 33, 35, 41, 49, 56, 65, 49, 70, 119, 90, 38, 79, 201]],
] as const)("%d by %d", async (height, width, wanted) => {
  const input = { class_name: "InputLayer", config: { batch_input_shape: [null, 3, 3, 1], dtype: "float32", name: "x" }, name: "x", inbound_nodes: [] }; // prettier-ignore
  const crop = { class_name: "CenterCrop", config: { name: "y", trainable: true, dtype: "uint8", height, width }, name: "y", inbound_nodes: [[["x", 0, 0, {}]]] }; // prettier-ignore
  const config = { name: "m", layers: [input, crop], input_layers: [["x", 0, 0]], output_layers: [["y", 0, 0]] };
  const json = { class_name: "Functional", config, keras_version: "2.21.0", backend: "tensorflow" };
  const model = await load(new TextEncoder().encode(JSON.stringify(json)));
  const x = tensor([10.9, 20.2, 33.7, 50.5, 61.1, 70.8, 90.4, 7.6, 201.3], [1, 3, 3, 1]);
  for (const backend of ["reference", "wasm"] as const) {
    const [y] = await model.predict(x, { backend });
    expect([y!.dtype, y!.shape, [...y!.data]]).toEqual(["uint8", [1, height, width, 1], wanted]);
  }
});
