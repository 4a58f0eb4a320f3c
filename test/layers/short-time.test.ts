/** `ops.istft` of windows that leave gaps between frames: zeros there, as in Keras 3.15.1 on TensorFlow. */
import { expect, it } from "vitest";
import { tensor } from "../../src/index.ts";
import { load } from "../../src/node.ts";

function inverse(sequence_length: number, sequence_stride: number, fft_length: number): Uint8Array {
  const ends = ["re", "im"];
  const inputs = ends.map((name) => ({ module: "keras.layers", class_name: "InputLayer", config: { batch_shape: [null, 2, 5], dtype: "float32", name }, registered_name: null, name, inbound_nodes: [] })); // prettier-ignore
  const tensors = ends.map((name) => ({ class_name: "__keras_tensor__", config: { shape: [null, 2, 5], dtype: "float32", keras_history: [name, 0, 0] } })); // prettier-ignore
  const config = {
    name: "y",
    sequence_length,
    sequence_stride,
    fft_length,
    length: null,
    window: "hann",
    center: true,
  };
  const layer = { module: "keras.src.ops.math", class_name: "ISTFT", config, registered_name: "ISTFT", name: "y", inbound_nodes: [{ args: [tensors], kwargs: {} }] }; // prettier-ignore
  const functional = { name: "f", trainable: true, layers: [...inputs, layer], input_layers: ends.map((name) => [name, 0, 0]), output_layers: [["y", 0, 0]] }; // prettier-ignore
  const root = { module: "keras.src.models.functional", class_name: "Functional", config: functional, registered_name: "Functional" }; // prettier-ignore
  return new TextEncoder().encode(JSON.stringify(root));
}

it.each([
  [8, 4, 8, [0, 0.7517345547676086, 1.125, -0.17085428535938263]],
  [4, 6, 8, [0, 1.2677669525146484, 0, 0, 0, -0.10355338454246521]],
  [1, 4, 8, [0, 0, 0, -0.051776692271232605]],
])("frames of %d every %d of %d", async (length, stride, fft, expected) => {
  const model = await load(inverse(length, stride, fft));
  const re = tensor([1, 2, 3, 4, 5, 2, 1, 0, -1, 3], [1, 2, 5]);
  const im = tensor([0, 1, -1, 2, 0, 0, -2, 1, 1, 0], [1, 2, 5]);
  for (const backend of ["reference", "wasm"] as const) {
    const [y] = await model.predict([re, im], { backend });
    [...(y!.data as Iterable<number>)].forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 5));
    expect(y!.data).toHaveLength(expected.length);
  }
});
