/**
 * Operations with arguments that are legal and rare, as Keras 3.15.1 on TensorFlow answers them:
 *
 *     x = np.arange(1, 10, dtype="float32").reshape(1, 3, 3); ops.einsum("abb->ab", x), ops.nanmean(x.astype("int32"), axis=[]) …
 */
import { expect, it } from "vitest";
import { load, tensor } from "../../src/node.ts";

function calling(name: string, options: object, dtype: string, count: number): Uint8Array {
  const shape = [null, 3, 3];
  const x = { class_name: "__keras_tensor__", config: { shape, dtype, keras_history: ["x", 0, 0] } };
  const input = { batch_shape: shape, dtype, name: "x" };
  const layers = [
    { module: "keras.layers", class_name: "InputLayer", config: input, registered_name: null, name: "x", inbound_nodes: [] }, // prettier-ignore
    { module: `keras.src.ops.${name === "Unstack" ? "core" : "numpy"}`, class_name: name, config: { name: "r", ...options }, registered_name: name, name: "r", inbound_nodes: [{ args: [x], kwargs: {} }] }, // prettier-ignore
  ];
  const outputs = Array.from({ length: count }, (_, i) => ["r", 0, i]);
  const config = { name: "f", trainable: true, layers, input_layers: [["x", 0, 0]], output_layers: outputs };
  const model = { module: "keras.src.models.functional", class_name: "Functional", config, registered_name: "Functional" }; // prettier-ignore
  return new TextEncoder().encode(JSON.stringify(model));
}

const NINE = [1, 2, 3, 4, 5, 6, 7, 8, 9];

it.each([
  ["Einsum", { subscripts: "abb->ab" }, "float32", [[1, 5, 9]]],
  ["Einsum", { subscripts: "abb->a" }, "float32", [[15]]],
  ["Einsum", { subscripts: "abb->ba" }, "int32", [[1, 5, 9]]],
  ["Einsum", { subscripts: "...bb->...b" }, "float32", [[1, 5, 9]]],
  ["Nanmean", { axis: [], keepdims: false }, "int32", [NINE]],
  ["Nanmedian", { axis: [], keepdims: true }, "int32", [NINE]],
  ["Nanmean", { axis: [], keepdims: false }, "float32", [NINE]],
  ["Unstack", { num: 1, axis: 0 }, "float32", [NINE]],
] as const)("%s %j of %s", async (name, options, dtype, wanted) => {
  const model = await load(calling(name, options, dtype, wanted.length));
  for (const backend of ["reference", "wasm"] as const) {
    const ys = await model.predict(tensor(NINE, [1, 3, 3], dtype), { backend });
    expect(ys.map((y) => [y.dtype, [...(y.data as Float32Array)]])).toEqual(wanted.map((numbers) => [dtype, [...numbers]])); // prettier-ignore
  }
});

// Where NaN stands among numbers no rule of TensorFlow's says: here it is beyond them, and places are places all the same.
it.each(["reference", "wasm"] as const)("the places of sorted values are places beside NaN: %s", async (backend) => {
  const model = await load(calling("Argsort", { axis: -1 }, "float32", 1));
  const x = tensor([3, NaN, Infinity, NaN, 1, NaN, Infinity, NaN, -Infinity], [1, 3, 3]);
  const [y] = await model.predict(x, { backend });
  expect([...(y!.data as Iterable<number>)]).toEqual([0, 2, 1, 1, 0, 2, 2, 0, 1]);
});

const layer = (name: string, fn: string, of: string, kwargs: object) => ({
  class_name: fn.startsWith("__") ? "SlicingOpLambda" : "TFOpLambda",
  config: { name, trainable: true, dtype: "float32", function: fn },
  name,
  inbound_nodes: [[of, 0, 0, kwargs]],
});
const N = 60;
const steps = (step: (name: string, from: string, i: number) => readonly object[]): readonly object[] =>
  Array.from({ length: N }, (_, i) => step(`n${i + 1}`, `n${i}`, i)).flat();
const pairs = (fn: string) => steps((name, from) => [layer(name, fn, from, { y: [from, 0, 0] })]);

// Each doubles what is known of the one before.
it.each([
  ["math.add", 1, pairs("math.add")],
  ["math.maximum", 1, pairs("math.maximum")],
  ["math.subtract", 1, pairs("math.subtract")],
  ["math.floordiv", 1, pairs("math.floordiv")],
  [
    "where",
    1,
    steps((name, from, i) => [
      layer(`c${i}`, "math.greater", from, { y: 2 }),
      layer(name, "where", `c${i}`, { x: [from, 0, 0], y: [from, 0, 0] }),
    ]),
  ],
  [
    "concat",
    { start: null, stop: null, step: null },
    steps((name, from) => [
      {
        ...layer(name, "concat", from, {}),
        inbound_nodes: [
          [
            [from, 0, 0, { axis: 0 }],
            [from, 0, 0, { axis: 0 }],
          ],
        ],
      },
    ]),
  ],
] as const)("lengths that %s doubles again and again are refused by name, at once", async (_, slice, doubled) => {
  const x = { batch_input_shape: [null, null, 8], dtype: "float32", sparse: false, ragged: false, name: "x" };
  const layers = [
    { class_name: "InputLayer", config: x, name: "x", inbound_nodes: [] },
    layer("sizes", "compat.v1.shape", "x", { name: null, out_type: "int32" }),
    layer("n0", "__operators__.getitem", "sizes", { slice_spec: typeof slice === "number" ? slice : [slice] }),
    ...doubled,
    layer("y", "reshape", "x", { shape: typeof slice === "number" ? [-1, [`n${N}`, 0, 0], 8] : [`n${N}`, 0, 0] }),
  ];
  const config = { name: "m", trainable: true, layers, input_layers: [["x", 0, 0]], output_layers: [["y", 0, 0]] };
  const json = { class_name: "Functional", config, keras_version: "2.15.0", backend: "tensorflow" };
  const model = await load(new TextEncoder().encode(JSON.stringify(json)));
  expect(model.problems.map(({ message }) => message).join()).toMatch(/unsupported\/(argument|free-length)/);
});
