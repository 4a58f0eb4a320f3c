/** `ops.istft` of windows that leave gaps between frames: zeros there, as in Keras 3.15.1 on TensorFlow. */
import { expect, it } from "vitest";
import { tensor } from "../../src/index.ts";
import { load } from "../../src/node.ts";
import { nodeModel } from "../support/node-model.ts";

const inverse = (sequence_length: number, sequence_stride: number, fft_length: number): Uint8Array =>
  nodeModel({
    module: "keras.src.ops.math",
    class: "ISTFT",
    config: { sequence_length, sequence_stride, fft_length, length: null, window: "hann", center: true },
    inputs: { re: [2, 5], im: [2, 5] },
    isList: true,
  });

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
