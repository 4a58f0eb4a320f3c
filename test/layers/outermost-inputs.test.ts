/**
 * Functions at the ends of what they take: lines too short to be mirrored, no boxes, windows that do not fit, kernels of no
 * element, numbers whose squares float32 does not hold. Keras 3.15.1 and TensorFlow 2.21 gave the numbers and refused what is refused.
 */
import { expect, it } from "vitest";
import { load, type TensorLike, tensor } from "../../src/node.ts";
import { nodeModel } from "../support/node-model.ts";
import { olderModel } from "../support/older.ts";

const BACKENDS = ["reference", "wasm"] as const;

interface Given {
  readonly shape: readonly (number | null)[];
  readonly x: TensorLike;
}
const given = (shape: readonly (number | null)[], run: readonly number[], values: readonly number[]): Given => ({ shape, x: tensor(values, run) }); // prettier-ignore
const counted = (shape: readonly (number | null)[], run: readonly number[]): Given => given(shape, run, Array.from({ length: run.reduce((p, n) => p * n, 1) }, (_, i) => i)); // prettier-ignore

/** Functions of TensorFlow, each with its call, on the inputs. */
function calls(inputs: Readonly<Record<string, Given>>, functions: readonly (readonly [fn: string, call: unknown])[], outputs = 1): Uint8Array {
  const layers = Object.entries(inputs).map(([name, { shape, x }]) => [name, "InputLayer", { batch_input_shape: shape, dtype: x.dtype }, []] as const); // prettier-ignore
  const nodes = functions.map(([fn, call], i) => [`f${i}`, "TFOpLambda", { function: fn, trainable: true, dtype: "float32" }, [call]] as const); // prettier-ignore
  const last = `f${functions.length - 1}`;
  return new TextEncoder().encode(JSON.stringify(olderModel([...layers, ...nodes], Array.from({ length: outputs }, (_, i) => [last, 0, i] as const)))); // prettier-ignore
} // prettier-ignore

const codeOf = async (file: Uint8Array, xs: readonly TensorLike[], backend: "reference" | "wasm"): Promise<unknown> => {
  try {
    const model = await load(file);
    return (await model.predict(xs.length === 1 ? xs[0]! : xs, { backend })).map(({ shape }) => shape);
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
};

const MIRRORED = [
  ["STFT", "math", { sequence_length: 8, sequence_stride: 4, fft_length: 16, window: "hann", center: true }, 8],
  ["Pad", "numpy", { pad_width: [[0, 0], [2, 2]], mode: "reflect" }, 2], // prettier-ignore
  ["Pad", "numpy", { pad_width: [[0, 0], [2, 2]], mode: "symmetric" }, 1], // prettier-ignore
] as const;

it.each(MIRRORED)("%s of lines too short to be mirrored is refused, whether their length is known or not: %#", async (name, module, config, tooShort) => {
  for (const isKnown of [true, false])
    for (const n of [tooShort, tooShort + 1]) {
      const inputs = { x: [isKnown ? n : null] };
      const file = nodeModel({ module: `keras.src.ops.${module}`, class: name, config, inputs, outputs: name === "STFT" ? 2 : 1 }); // prettier-ignore
      for (const backend of BACKENDS) {
        const found = await codeOf(file, [tensor(Array.from({ length: n }, (_, i) => i), [1, n])], backend); // prettier-ignore
        if (n === tooShort) expect(found).toBe("mismatch/shape");
        else expect(found).toEqual(name === "STFT" ? [[1, 3, 9], [1, 3, 9]] : [[1, n + 4]]); // prettier-ignore
      }
    }
}); // prettier-ignore

const window = { ksize: [1, 1, 4, 1], strides: [1, 1, 1, 1], padding: "VALID" };
const filter = (n: number) => ({ filters: [Array.from({ length: n }, () => [0])], strides: [1, 1, 1, 1], padding: "VALID", data_format: "NHWC", dilations: [1, 1, 1, 1] }); // prettier-ignore
const image = { x: counted([null, 6, 3, 1], [1, 6, 3, 1]) };
const none = { x: given([1, 4, 4, 2], [1, 4, 4, 2], Array.from({ length: 32 }, () => 1)), k: given([0, 3, 1, 2], [0, 3, 1, 2], []) }; // prettier-ignore
const text = { x: { shape: [null], x: { dtype: "string", shape: [1], data: ["a"] } as TensorLike } };
const ENDS: readonly (readonly [what: string, inputs: Readonly<Record<string, Given>>, fn: string, kwargs: object, found: unknown])[] = [
  ["windows one element too long", image, "nn.max_pool_with_argmax", window, "mismatch/shape"],
  ["windows far too long", image, "nn.max_pool_with_argmax", { ...window, ksize: [1, 9, 9, 1] }, "mismatch/shape"],
  ["a filter one element too long", image, "nn.dilation2d", filter(4), [[1, 6, 0, 1]]],
  ["a filter two elements too long", image, "nn.dilation2d", filter(5), "mismatch/shape"],
  ["a filter far too long", image, "nn.dilation2d", filter(8), "mismatch/shape"],
  ["a kernel of no element", none, "nn.atrous_conv2d_transpose", { filters: ["k", 0, 0], output_shape: [1, 4, 4, 1], rate: 2, padding: "SAME" }, "mismatch/shape"],
  ["no buckets", text, "strings.to_hash_bucket_fast", { num_buckets: 0 }, "malformed/config"],
  ["half a bucket", text, "strings.to_hash_bucket_strong", { num_buckets: 0.5, key: [5, 7] }, "malformed/config"],
]; // prettier-ignore

it.each(ENDS)("%s", async (_, inputs, fn, kwargs, wanted) => {
  const file = calls(inputs, [[fn, ["x", 0, 0, kwargs]]], fn === "nn.max_pool_with_argmax" ? 2 : 1);
  for (const backend of BACKENDS) expect(await codeOf(file, Object.values(inputs).map(({ x }) => x), backend)).toEqual(wanted); // prettier-ignore
});

it("shapes broadcast as the run has them: a length of 1 too", async () => {
  const file = calls({ x: counted([null, 3], [1, 3]) }, [
    ["shape", ["x", 0, 0, {}]],
    ["broadcast_dynamic_shape", ["f0", 0, 0, { shape_y: [5, 3] }]],
    ["broadcast_to", ["x", 0, 0, { shape: ["f1", 0, 0] }]],
  ]);
  for (const backend of BACKENDS) {
    const model = await load(file);
    for (const batch of [1, 5]) expect((await model.predict(counted([null, 3], [batch, 3]).x, { backend }))[0]!.shape).toEqual([5, 3]); // prettier-ignore
    await expect(model.predict(counted([null, 3], [2, 3]).x, { backend })).rejects.toMatchObject({ code: "mismatch/shape" }); // prettier-ignore
  }
});

it.each([0, null])("of no boxes none is picked: %s", async (known) => {
  const inputs = { x: given([null, known, 1, 4], [1, 0, 1, 4], []), s: given([null, known, 2], [1, 0, 2], []) };
  const how = { scores: ["s", 0, 0], max_output_size_per_class: 3, max_total_size: 4 };
  const model = await load(calls(inputs, [["image.combined_non_max_suppression", ["x", 0, 0, how]]], 4));
  for (const backend of BACKENDS) {
    const ys = await model.predict([inputs.x.x, inputs.s.x], { backend });
    expect(ys.map(({ shape }) => shape)).toEqual([[1, 4, 4], [1, 4], [1, 4], [1]]); // prettier-ignore
    expect(ys.flatMap(({ data }) => [...(data as Float32Array)]).every((n) => n === 0)).toBe(true);
  }
});

const MATRIX = [1, 2, 3, 4, 5, 6, 7, 8, 10];
const PINV = [-0.6666667, -1.3333333, 1, -0.6666667, 3.6666667, -2, 1, -2, 1];
const FACTORS = [
  ["SVD", { full_matrices: true, compute_uv: false }, 1, [17.412506, 0.8751615, 0.19686693]],
  ["Pinv", { rcond: null }, -1, PINV],
  ["Norm", { ord: "nuc", axis: [1, 2], keepdims: false }, 1, [18.484534]],
  ["MatrixRank", { tol: null }, 0, [3]],
] as const;

it.each(FACTORS)("%s of numbers whose squares float32 does not hold", async (name, config, power, wanted) => {
  const model = await load(nodeModel({ module: "keras.src.ops.linalg", class: name, config, inputs: { x: [3, 3] } }));
  for (const backend of BACKENDS)
    for (const scale of [1e-30, 1e-25, 1e-9, 1, 1e9, 1e25, 1e30]) {
      const [y] = await model.predict(tensor(MATRIX.map((n) => n * scale), [1, 3, 3]), { backend }); // prettier-ignore
      const found = [...(y!.data as Float32Array)].map((n) => n / scale ** power);
      found.forEach((n, i) => expect(Math.abs(n - wanted[i]!), `${scale}`).toBeLessThan(1e-4 * Math.max(...wanted)));
    }
});

it.each([1, 2, 3, 60, 2000])("a tridiagonal system of %i rows, whose pivots are often beside the diagonal", async (n) => {
  const drawn = (salt: number): number[] => Array.from({ length: n }, (_, i) => (((i + 1) * 7919 + salt * 104729) % 23) - 11.5); // prettier-ignore
  const [above, on, below, wanted] = [drawn(1), drawn(2).map((v) => v / 8), drawn(3), drawn(4)] as const;
  const at = (i: number): number => wanted[i] ?? 0;
  const rhs = wanted.map((v, i) => on[i]! * v + above[i]! * at(i + 1) + below[i]! * at(i - 1));
  const file = calls({ d: counted([3, n], [3, n]), b: counted([n], [n]) }, [["linalg.tridiagonal_solve", ["d", 0, 0, { rhs: ["b", 0, 0] }]]]); // prettier-ignore
  const model = await load(file);
  const diagonals = tensor([...above, ...on, ...below], [3, n]);
  for (const backend of BACKENDS) {
    const [y] = await model.predict([diagonals, tensor(rhs, [n])], { backend });
    const x = [...(y!.data as Float32Array)];
    const left = rhs.map((v, i) => v - on[i]! * x[i]! - above[i]! * (x[i + 1] ?? 0) - below[i]! * (x[i - 1] ?? 0));
    expect(Math.max(...left.map(Math.abs))).toBeLessThan(1e-3);
  }
}); // prettier-ignore
