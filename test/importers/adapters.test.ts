/**
 * Low-rank adapters in a flat file, as Keras 3.15 writes them: trainable arrays first, of frozen layers in the order of their making. A layer computes
 * with `kernel + lora_alpha / lora_rank * lora_kernel_a @ lora_kernel_b` (keras/src/layers/core/dense.py).
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { addDataset, addList, dataset, groupAt, newGroup, textAttribute } from "../../src/exporters/h5-build.ts";
import { convert } from "../../src/index.ts";
import { load, tensor } from "../../src/node.ts";
import { hdf5 } from "./build.ts";

/** Rows of numbers. */
type Rows = readonly (readonly number[])[];
const A: Rows = [[1, -2], [0.5, 3], [0, 1]]; // prettier-ignore
const B: Rows = [[2, 1], [-1, 4]]; // prettier-ignore
const WHOLE: Rows = [[1, 0], [2, -1], [0, 5]]; // prettier-ignore
const BIAS = [0.25, -0.5];
const SUM = WHOLE.map((row, i) =>
  row.map((value, j) => value + 1.5 * A[i]!.reduce((sum, a, k) => sum + a * B[k]![j]!, 0)),
);

const matrix = (rows: Rows) =>
  dataset({
    dtype: "float32",
    shape: [rows.length, rows[0]!.length],
    slices: async function* () {
      yield new Uint8Array(new Float32Array(rows.flat()).buffer);
    },
  });
const line = (values: readonly number[]) =>
  dataset({
    dtype: "float32",
    shape: [values.length],
    slices: async function* () {
      yield new Uint8Array(new Float32Array(values).buffer);
    },
  });

/** A Sequential of one layer, `layer`. */
async function file(
  className: string,
  options: object,
  input: object,
  arrays: readonly [string, ReturnType<typeof line>][],
) {
  const config = { name: "layer", trainable: true, dtype: "float32", lora_rank: 2, lora_alpha: 3, ...options };
  const layers = [
    { class_name: "InputLayer", config: { name: "x", ...input } },
    { class_name: className, config },
  ];
  const root = newGroup();
  const model = { class_name: "Sequential", config: { name: "s", layers } };
  for (const [key, value] of [
    ["keras_version", "3.15.1"],
    ["backend", "tensorflow"],
    ["model_config", JSON.stringify(model)],
  ] as const)
    // prettier-ignore
    root.attributes.set(key, textAttribute(value, "utf-8"));
  const weights = groupAt(root, "model_weights");
  addList(weights, "layer_names", ["x", "layer"]);
  addList(groupAt(weights, "x"), "weight_names", []);
  const group = groupAt(weights, "layer");
  addList(group, "weight_names", arrays.map(([name]) => name)); // prettier-ignore
  for (const [name, values] of arrays) addDataset(group, name, values);
  const source = await hdf5(root);
  return new Uint8Array(await source.read(0, source.size));
}

const FEATURES = { batch_shape: [null, 3], dtype: "float32" };
const a = ["lora_kernel_a", matrix(A)] as const;
const b = ["lora_kernel_b", matrix(B)] as const;

it.each([
  ["Dense", { units: 2 }, [["bias", line(BIAS)], a, b, ["kernel", matrix(WHOLE)]], BIAS],
  ["Dense", { units: 2, use_bias: false }, [a, b, ["kernel", matrix(WHOLE)]], [0, 0]],
  ["EinsumDense", { equation: "ab,bc->ac", output_shape: 2 }, [a, b, ["kernel", matrix(WHOLE)]], [0, 0]],
  ["Dense", { units: 2, trainable: false }, [["kernel", matrix(WHOLE)], ["bias", line(BIAS)], a, b], BIAS],
] as const)("%s %j has the sum", async (className, options, arrays, bias) => {
  const model = await load(await file(className, options, FEATURES, arrays as never));
  const x = [0.5, -1, 2];
  const [y] = await model.predict({ dtype: "float32", shape: [1, 3], data: new Float32Array(x) });
  expect([...y!.data]).toEqual(bias.map((value, j) => x.reduce((sum, v, i) => sum + v * SUM[i]![j]!, value)));
});

it("Embedding has the sum", async () => {
  const arrays = [["lora_embeddings_a", matrix(A)], ["lora_embeddings_b", matrix(B)], ["embeddings", matrix(WHOLE)]]; // prettier-ignore
  const input = { batch_shape: [null, 2], dtype: "int32" };
  const model = await load(await file("Embedding", { input_dim: 3, output_dim: 2 }, input, arrays as never));
  const [y] = await model.predict({ dtype: "int32", shape: [1, 2], data: Int32Array.of(2, 0) });
  expect([...y!.data]).toEqual([...SUM[2]!, ...SUM[0]!]);
});

// keras.models.load_model of such a file of Keras's own: Dense, Embedding and ReversibleEmbedding compute something else, EinsumDense not.
it.each([
  ["Dense", { units: 2, use_bias: false }, "kernel", "no Keras: Keras 3 does not read Dense layer from .h5: its lora_alpha"],
  ["Dense", { units: 2, use_bias: false, lora_alpha: 2 }, "kernel", "Keras 3"],
  ["EinsumDense", { equation: "ab,bc->ac", output_shape: 2 }, "kernel", "Keras 3"],
  ["Embedding", { input_dim: 3, output_dim: 2 }, "embeddings", "no Keras: Keras 3 does not read Embedding layer from .h5: its lora_alpha"],
] as const)("a copy of %s %j tells whether Keras reads its scale", async (className, options, name, wanted) => {
  const arrays = [[`lora_${name}_a`, matrix(A)], [`lora_${name}_b`, matrix(B)], [name, matrix(WHOLE)]]; // prettier-ignore
  const input = className === "Embedding" ? { batch_shape: [null, 2], dtype: "int32" } : FEATURES;
  const made = await file(className, options, input, arrays as never);
  expect((await convert(made, "m.h5")).opens).toBe(wanted);
  expect((await convert(made, "m.keras")).opens).toBe("Keras 3");
}); // prettier-ignore

it("adapters of another rank are refused", async () => {
  const arrays = [a, ["lora_kernel_b", matrix([[1, 2]])], ["kernel", matrix(WHOLE)]];
  const broken = file("Dense", { units: 2, use_bias: false }, FEATURES, arrays as never);
  await expect(broken.then((bytes) => load(bytes))).rejects.toMatchObject({ code: "mismatch/shape" });
});

/** A Sequential in a Sequential, in which two layers have adapters: of both the trainable arrays come first. */
it.each([
  ["float32", null],
  [
    { class_name: "QuantizedDTypePolicy", config: { mode: "int8", source_name: "float32" } },
    "mismatch/missing-weights",
  ],
])("layers in one group have their own, of %j", async (dtype, refused) => {
  const dense = (name: string, units: number) => {
    const config = { name, units, use_bias: name === "one", dtype, lora_rank: 2, lora_alpha: 3 };
    return { class_name: "Dense", config };
  };
  const [x, one, two] = [
    { class_name: "InputLayer", config: { name: "i", ...FEATURES } },
    dense("one", 2),
    dense("two", 1),
  ];
  const arrays = [
    ["inner/one/bias", line(BIAS)], ["inner/one/lora_kernel_a", matrix(A)], ["inner/one/lora_kernel_b", matrix(B)],
    ["inner/two/lora_kernel_a", matrix([[1, 2], [3, -1]])], ["inner/two/lora_kernel_b", matrix([[2], [-1]])],
    ["inner/one/kernel", matrix(WHOLE)], ["inner/two/kernel", matrix([[1], [-2]])],
  ] as const; // prettier-ignore
  const made = file("Sequential", { layers: [x, one, two] }, FEATURES, arrays as never);
  if (refused !== null) return expect(made.then((bytes) => load(bytes))).rejects.toMatchObject({ code: refused });
  const given = [0.5, -1, 2];
  const hidden = BIAS.map((value, j) => given.reduce((sum, v, i) => sum + v * SUM[i]![j]!, value));
  const [y] = await (
    await load(await made)
  ).predict({ dtype: "float32", shape: [1, 3], data: new Float32Array(given) });
  // [1, -2] + 1.5 · [[1, 2], [3, -1]] · [2, -1].
  expect([...y!.data]).toEqual([hidden[0]! * 1 + hidden[1]! * 8.5]);
});

it("are merged in a model with operations, which have no options of layers", async () => {
  const [text, x, answer] = JSON.parse(readFileSync(new URL("adapters.json", import.meta.url), "utf8")) as [
    string,
    number[],
    number[],
  ];
  const { files, opens } = await convert(new Uint8Array(gunzipSync(Buffer.from(text, "base64"))), "m.keras");
  expect(opens).toBe("Keras 3");
  const [y] = await (await load([...files!.values()][0] as Uint8Array)).predict(tensor(x, [1, x.length]));
  answer.forEach((wanted, i) => expect(Number(y!.data[i])).toBeCloseTo(wanted, 5));
});
