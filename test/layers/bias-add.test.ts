/** Biases that Keras 3.15.1 on TensorFlow 2.21 adds along another axis, as it predicts them: kernels of 0, biases of 1, 2, 3 ... */
import { expect, it } from "vitest";
import { Input, layers, Model, tensor } from "../../src/node.ts";

const dense = (equation: string, outputShape: readonly number[]) => layers.einsumDense({ equation, outputShape, biasAxes: "b" }); // prettier-ignore
const first = { kernelSize: 1, dataFormat: "channels_first" } as const;
const line = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
const across = (n: number, times: number) => Array.from({ length: times }, () => line(n)).flat();

it.each([
  ["EinsumDense as long as wide", () => dense("abc,cd->abd", [3, 3]), [3, 2], across(3, 3)],
  ["EinsumDense", () => dense("abc,cd->abd", [3, 4]), [3, 2], line(3).flatMap((n) => [n, n, n, n])],
  ["DepthwiseConv2D of as many columns", () => layers.depthwiseConv2d(first), [4, 3, 4], across(4, 12)],
  ["DepthwiseConv2D", () => layers.depthwiseConv2d(first), [4, 1, 2], line(4).flatMap((n) => [n, n])],
  [
    "SeparableConv2D of as many columns",
    () => layers.separableConv2d({ filters: 4, ...first }),
    [2, 3, 4],
    across(4, 12),
  ],
  ["Conv3D of as many columns", () => layers.conv3d({ filters: 3, ...first }), [4, 2, 2, 3], across(3, 12)],
  ["Conv2D of groups", () => layers.conv2d({ filters: 4, groups: 2, ...first }), [4, 3, 4], across(4, 12)],
] as const)("%s", async (_, make, shape, wanted) => {
  const input = Input({ shape: [...shape] });
  const model = new Model({ inputs: input, outputs: make().apply(input) });
  const weights = await model.getWeights();
  model.setWeights(weights.map(({ shape: of, data }, i) => tensor(i === weights.length - 1 ? line(data.length) : Array.from({ length: data.length }, () => 0), of))); // prettier-ignore
  for (const backend of ["reference", "wasm"] as const) {
    const [y] = await model.predict(tensor(Array.from({ length: shape.reduce<number>((a, b) => a * b, 1) }, () => 1), [1, ...shape]), { backend }); // prettier-ignore
    expect([...y!.data]).toEqual(wanted);
  }
});
