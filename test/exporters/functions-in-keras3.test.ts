/**
 * Functions of TensorFlow that several operations make in Keras 3: written, read back, and the same numbers. Real Keras
 * (3.15.1) opens the same files and predicts what tf-keras 2.21.0 does, to 1e-5.
 */
import { expect, it } from "vitest";
import { load, save, type Tensor, tensor } from "../../src/node.ts";

type Row = readonly [
  fn: string,
  args: Readonly<Record<string, unknown>>,
  shape: readonly number[],
  second?: readonly number[],
];

const M = [3, 4];
const SQUARE = [3, 3];
const IMAGE = [6, 6, 3];
/** Stand for the second input. */
const Y = "$y";

const ROWS: readonly Row[] = [
  ...["math.erfc", "math.bessel_i0", "keras.backend.cast_to_floatx", "math.reciprocal_no_nan", "keras.backend.batch_flatten", "math.conj"].map((fn): Row => [fn, {}, M]),
  ["math.real", {}, M], ["linalg.adjoint", {}, M], ["linalg.diag_part", {}, M], ["nn.l2_loss", {}, M], ["nn.crelu", { axis: -1 }, M],
  ["math.multiply_no_nan", { y: Y }, M, M], ["math.xdivy", { y: Y }, M, M], ["math.nextafter", { x2: Y }, M, M],
  ["clip_by_norm", { clip_norm: 1.5, axes: [2] }, M], ["dtypes.saturate_cast", { dtype: "int8" }, M],
  ["nn.sigmoid_cross_entropy_with_logits", { logits: Y }, M, M], ["nn.softmax_cross_entropy_with_logits", { logits: Y, axis: -1 }, M, M],
  ["math.zero_fraction", {}, M], ["math.count_nonzero", { axis: 1, keepdims: true }, M],
  ["linalg.band_part", { num_lower: 1, num_upper: 1 }, M], ["linalg.band_part", { num_lower: 0, num_upper: -1 }, M],
  ["linalg.band_part", { num_lower: -1, num_upper: 0 }, M],
  ["linalg.det", {}, SQUARE], ["linalg.inv", {}, SQUARE], ["linalg.solve", { rhs: Y }, SQUARE, SQUARE],
  ...["image.transpose", "image.rgb_to_grayscale", "image.rgb_to_hsv", "image.hsv_to_rgb"].map((fn): Row => [fn, {}, IMAGE]),
  ["image.grayscale_to_rgb", {}, [5, 6, 1]], ["image.adjust_brightness", { delta: 0.25 }, IMAGE],
  ["image.adjust_gamma", { gamma: 0.5, gain: 2 }, IMAGE], ["image.adjust_contrast", { contrast_factor: 1.5 }, IMAGE],
  ["image.crop_to_bounding_box", { offset_height: 1, offset_width: 2, target_height: 3, target_width: 4 }, IMAGE],
  ["nn.max_pool3d", { ksize: 2, strides: 2, padding: "VALID" }, [4, 4, 4, 2]],
  ["nn.avg_pool3d", { ksize: 3, strides: [1, 2, 1, 1, 1], padding: "SAME" }, [4, 4, 4, 2]],
  ["nn.depthwise_conv2d", { filter: [[[[1, 2], [3, -1], [0.5, 0]]]], strides: [1, 2, 2, 1], padding: "SAME" }, IMAGE],
]; // prettier-ignore

const values = (shape: readonly number[], seed: number): Tensor => {
  const sizes = [2, ...shape];
  const count = sizes.reduce((a, b) => a * b, 1);
  return tensor(
    // Zeros among them, but no square is singular.
    Array.from({ length: count }, (_, i) =>
      shape === SQUARE ? Math.sin(i * i + seed) : Math.max(0, 0.5 + Math.sin(7 * i + seed)),
    ),
    sizes,
  );
};

function modelOf([fn, args, ...shapes]: Row): Uint8Array {
  const inputs = shapes.map((shape, i) => ({
    class_name: "InputLayer",
    config: { batch_input_shape: [null, ...shape!], dtype: "float32", name: `x${i}` },
    name: `x${i}`,
    inbound_nodes: [],
  }));
  const kwargs = Object.fromEntries(Object.entries(args).map(([key, arg]) => [key, arg === Y ? ["x1", 0, 0] : arg]));
  const config = { name: "y", trainable: true, dtype: "float32", function: fn };
  const entry = { class_name: "TFOpLambda", config, name: "y", inbound_nodes: [["x0", 0, 0, kwargs]] };
  const ends = { input_layers: inputs.map(({ name }) => [name, 0, 0]), output_layers: [["y", 0, 0]] };
  const model = { name: "m", trainable: true, layers: [...inputs, entry], ...ends };
  const json = { class_name: "Functional", config: model, keras_version: "2.21.0", backend: "tensorflow" };
  return new TextEncoder().encode(JSON.stringify(json));
}

it.each(ROWS.map((row) => [`${row[0]} ${JSON.stringify(row[1])}`, row] as const))("%s", async (_, row) => {
  const model = await load(modelOf(row));
  expect(model.problems).toEqual([]);
  const files = await save(model, { format: "keras-v3", dialect: "keras3" });
  const again = await load(files);
  expect(again.problems).toEqual([]);
  expect(again.layers.map((layer) => layer.class)).not.toContain("TFOpLambda");
  const x = row.slice(2).map((shape, i) => values(shape as number[], i));
  const [[a], [b]] = [await model.predict(x), await again.predict(x)];
  expect([b!.shape, b!.dtype]).toEqual([a!.shape, a!.dtype]);
  const [wanted, found] = [a!, b!].map(({ data }) => Array.from<unknown, number>(data, Number)) as [number[], number[]];
  const far = Math.max(...wanted.map((n) => (Number.isFinite(n) ? Math.abs(n) : 1)), 1) * 1e-6;
  const isFar = (n: number, at: number): boolean => !Object.is(n, wanted[at]) && !(Math.abs(n - wanted[at]!) <= far);
  expect(found.filter(isFar)).toEqual([]);
});
