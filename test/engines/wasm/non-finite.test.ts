/** What a number that is not finite in a kernel reaches: the maps are those of Keras 3.15 on TensorFlow 2.21. */
import { describe, expect, test } from "vitest";
import { Input, layers, Sequential, tensor } from "../../../src/node.ts";
import { sizeOf } from "../../../src/core/tensor.ts";
import { both } from "./ops.ts";

type Member = Parameters<Sequential["add"]>[0];

const { conv1dTranspose, conv2dTranspose, conv3dTranspose } = layers;
const SAME = { kernelSize: 3, padding: "same" } as const;

/** Layer, spatial lengths, and which outputs a NaN in the first tap reaches. */
const CASES: readonly (readonly [string, (filters: number) => Member, readonly number[], string])[] = [
  ["a line", (filters) => conv1dTranspose({ filters, ...SAME }), [5], "####."],
  ["a line with strides", (filters) => conv1dTranspose({ filters, ...SAME, strides: 2 }), [5], "#.#.#.#.#."],
  ["an image", (filters) => conv2dTranspose({ filters, ...SAME }), [4, 4], "###.###.###....."],
  ["an image with strides", (filters) => conv2dTranspose({ filters, ...SAME, strides: 2 }), [4, 4], `${"#.#.#.#.........".repeat(4)}`],
  ["an image without padding", (filters) => conv2dTranspose({ filters, kernelSize: 3 }), [3, 3], "###..###..###............"],
  ["the same with strides", (filters) => conv2dTranspose({ filters, kernelSize: 3, strides: 2 }), [3, 3], "#.#.#.........#.#.#.........#.#.#................"],
  ["a volume", (filters) => conv3dTranspose({ filters, ...SAME }), [2, 2, 2], "#......."],
  ["a volume with strides", (filters) => conv3dTranspose({ filters, ...SAME, strides: 2 }), [2, 2, 2], `${"#.#.....#.#.....................".repeat(2)}`],
]; // prettier-ignore

describe.each(["wasm", "reference"] as const)("transposed convolutions on %s", (backend) => {
  describe.each([NaN, Infinity])("%d", (value) => {
    test.each(CASES)("%s", async (_, make, spatial, map) => {
      for (const [channels, filters] of [[1, 1], [3, 5], [8, 17]] as const) {
        const model = new Sequential();
        model.add(Input({ shape: [...spatial, channels] }));
        model.add(make(filters));
        const kernel = [...spatial.map(() => 3), filters, channels];
        const values = Float32Array.from({ length: sizeOf(kernel) }, (__, i) => Math.sin(i + 1));
        values[0] = value;
        await model.setWeights([tensor(values, kernel), tensor(new Float32Array(filters), [filters])]);
        const shape = [1, ...spatial, channels];
        const x = tensor(Float32Array.from({ length: sizeOf(shape) }, (__, i) => 1 + (i % 7)), shape);
        const [y] = await model.predict(x, { backend });
        const reached = Array.from({ length: map.length }, (__, at) => !Number.isFinite(y!.data[at * filters]));
        expect(reached.map((is) => (is ? "#" : ".")).join("")).toBe(map);
        expect(Array.from(y!.data as Float32Array).filter((v, i) => i % filters > 0 && !Number.isFinite(v))).toEqual([]);
        model.dispose();
      }
    }); // prettier-ignore
  });
});

test.each(["float32", "float64"] as const)("maxima and minima with a number, of zeros and NaN too, %s", async (dtype) => {
  const values = [NaN, -0, 0, 1, -1, 7, Infinity, -Infinity];
  const bounds = [0, -0, 1, -1, 6, 1e-50, Infinity, -Infinity, NaN];
  const x = tensor(dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values), [values.length]);
  const { found, rounded } = await both({
    inputs: [x],
    build: ({ op }, [a]) =>
      bounds.flatMap((bound) => {
        const c = op.constant(bound, dtype);
        return [op.maximum(a!, c), op.maximum(c, a!), op.minimum(a!, c), op.minimum(c, a!)];
      }),
  });
  expect(found.map(({ data }) => Array.from(data as Float32Array))).toEqual(rounded.map(({ data }) => Array.from(data as Float32Array)));
}); // prettier-ignore
