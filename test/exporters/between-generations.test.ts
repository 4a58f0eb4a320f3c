/**
 * Calls that the other generation says in other words: written, read back, and the same numbers. Real Keras of both generations
 * (3.15.1, tf-keras 2.21.0) opens the same models and predicts the same.
 */
import { describe, expect, it } from "vitest";
import { load, save, type Tensor, tensor } from "../../src/node.ts";
import { ramp } from "../support/tensors.ts";

type Layer = readonly [name: string, className: string, config: object, args: readonly unknown[], kwargs?: object];
type Dialect = "keras2" | "keras3";

const BOOL = tensor([1, 0, 1, 0, 0, 0, 1, 1], [2, 4], "bool");
const FLOATS = tensor([1, -2, 3, 0.5, 40, -7, 0, 2], [2, 4]);
const HALVES = tensor([1, -2, 3, 0.5, 0.25, -7, 0, 2], [2, 4], "float16");
const IDS = tensor([3, 1, 2, 0, 1, 0, 0, 0], [2, 4], "int32");
const OPERATIONS = /^(Normalize|Cumsum|NotEqual|Resize|Einsum)$/;

/** A model of Keras 3; references are names of layers. */
function modern(inputs: Readonly<Record<string, Tensor>>, layers: readonly Layer[]): Uint8Array {
  const names = new Set([...Object.keys(inputs), ...layers.map(([name]) => name)]);
  const arg = (value: unknown): unknown =>
    typeof value === "string" && names.has(value)
      ? { class_name: "__keras_tensor__", config: { shape: [null, 4], dtype: inputs[value]?.dtype ?? "float32", keras_history: [value, 0, 0] } } // prettier-ignore
      : value;
  const all = (kwargs: object): object => Object.fromEntries(Object.entries(kwargs).map(([k, v]) => [k, arg(v)]));
  const entries = layers.map(([name, className, config, args, kwargs = {}]) => ({
    module: OPERATIONS.test(className) ? `keras.src.ops.${className === "Resize" ? "image" : "numpy"}` : "keras.layers",
    class_name: className,
    config: { name, ...(!OPERATIONS.test(className) && { trainable: true, dtype: "float32" }), ...config },
    registered_name: OPERATIONS.test(className) ? className : null,
    name,
    inbound_nodes: [{ args: args.map(arg), kwargs: all(kwargs) }],
  }));
  const ends = Object.entries(inputs).map(([name, { shape, dtype }]) => ({
    module: "keras.layers",
    class_name: "InputLayer",
    config: { batch_shape: [null, ...shape.slice(1)], dtype, name },
    registered_name: null,
    name,
    inbound_nodes: [],
  }));
  const places = (list: readonly string[]): unknown => list.map((name) => [name, 0, 0]);
  const config = { name: "m", trainable: true, layers: [...ends, ...entries], input_layers: places(Object.keys(inputs)), output_layers: places([layers.at(-1)![0]]) }; // prettier-ignore
  const model = { module: "keras.src.models.functional", class_name: "Functional", config, registered_name: "Functional" }; // prettier-ignore
  return new TextEncoder().encode(JSON.stringify(model));
}

/** A model of Keras 2. */
function older(inputs: Readonly<Record<string, Tensor>>, layers: readonly Layer[]): Uint8Array {
  const ends = Object.entries(inputs).map(([name, { shape, dtype }]) => ({
    class_name: "InputLayer",
    config: { batch_input_shape: [null, ...shape.slice(1)], dtype, name },
    name,
    inbound_nodes: [],
  }));
  const names = new Set([...Object.keys(inputs), ...layers.map(([name]) => name)]);
  const ref = (value: unknown): unknown => (typeof value === "string" && names.has(value) ? [value, 0, 0] : value);
  const entries = layers.map(([name, class_name, config, args, kwargs = {}]) => {
    const given = Object.fromEntries(Object.entries(kwargs).map(([k, v]) => [k, ref(v)]));
    const calls = args.map((of) => (of === "_CONSTANT_VALUE" ? [of, -1, 2.5, given] : [of, 0, 0, given]));
    return { class_name, config: { name, trainable: true, dtype: "float32", ...config }, name, inbound_nodes: class_name === "TFOpLambda" ? calls : [calls] }; // prettier-ignore
  });
  const places = (list: readonly string[]): unknown => list.map((name) => [name, 0, 0]);
  const config = { name: "m", trainable: true, layers: [...ends, ...entries], input_layers: places(Object.keys(inputs)), output_layers: places([layers.at(-1)![0]]) }; // prettier-ignore
  const json = { class_name: "Functional", config, keras_version: "2.21.0", backend: "tensorflow" };
  return new TextEncoder().encode(JSON.stringify(json));
}

const EMBEDDED: readonly Layer[] = [
  ["embedded", "Embedding", { input_dim: 9, output_dim: 4, mask_zero: true }, ["ids"]],
];
const MASK = { mask: "mask" };
const BINS = { bin_boundaries: [0, 1, 2.5], num_bins: null, epsilon: 0.01, output_mode: "int", sparse: false };

const CASES: readonly (readonly [what: string, to: Dialect, file: Uint8Array, x: readonly Tensor[]])[] = [
  ["softmax of a given mask, a row without any", "keras2", modern({ x: FLOATS, mask: BOOL }, [["y", "Softmax", { axis: -1 }, ["x"], MASK]]), [FLOATS, BOOL]],
  ["softmax of a given mask, a row without any", "keras3", older({ x: FLOATS, mask: BOOL }, [["y", "Softmax", { axis: -1 }, ["x"], MASK]]), [FLOATS, BOOL]],
  ["softmax of a mask that an operation makes", "keras2", modern({ x: FLOATS, ids: IDS }, [["mask", "NotEqual", {}, ["ids", 0]], ["y", "Softmax", { axis: -1 }, ["x"], MASK]]), [FLOATS, IDS]],
  ["softmax of a mask that a function makes", "keras3", older({ x: FLOATS, ids: IDS }, [["mask", "TFOpLambda", { function: "math.not_equal" }, ["ids"], { y: 0 }], ["y", "Softmax", { axis: -1 }, ["x"], MASK]]), [FLOATS, IDS]],
  ["vectors of length 1", "keras2", modern({ x: FLOATS }, [["y", "Normalize", { axis: -1, order: 2, epsilon: null }, ["x"]]]), [FLOATS]],
  ["running sums of whole numbers", "keras2", modern({ x: IDS }, [["y", "Cumsum", { axis: 1, dtype: null }, ["x"]]]), [IDS]],
  ["a tensor made one, and a number times it", "keras3", older({ x: FLOATS }, [["t", "TFOpLambda", { function: "convert_to_tensor" }, ["x"], { dtype: null }], ["y", "TFOpLambda", { function: "math.scalar_mul" }, ["_CONSTANT_VALUE"], { x: "t" }]]), [FLOATS]],
  ["bits of whole numbers", "keras3", older({ x: IDS, z: IDS }, [["y", "TFOpLambda", { function: "bitwise.bitwise_xor" }, ["x"], { y: "z" }]]), [IDS, tensor([1, 1, 1, 1, 2, 2, 2, 2], [2, 4], "int32")]],
  ["bins, int32 in Keras 3", "keras2", modern({ x: FLOATS }, [["y", "Discretization", BINS, ["x"]]]), [FLOATS]],
  ["bins, scaled", "keras2", modern({ x: FLOATS }, [["bins", "Discretization", BINS, ["x"]], ["y", "Rescaling", { scale: 2, offset: 1 }, ["bins"]]]), [FLOATS]],
  ["bins, int64 in tf-keras, counted", "keras3", older({ x: FLOATS }, [["bins", "Discretization", BINS, ["x"]], ["y", "CategoryEncoding", { num_tokens: 4, output_mode: "multi_hot" }, ["bins"]]]), [FLOATS]],
  ["bins, int64 in tf-keras, as numbers", "keras3", older({ x: FLOATS }, [["bins", "Discretization", { ...BINS, dtype: "int64" }, ["x"]], ["y", "Rescaling", { scale: 2, offset: 1 }, ["bins"]]]), [FLOATS]],
  ["bins, int64 in tf-keras, looked up", "keras3", older({ x: FLOATS }, [["bins", "Discretization", { ...BINS, dtype: "int64" }, ["x"]], ["y", "Embedding", { input_dim: 4, output_dim: 3 }, ["bins"]]]), [FLOATS]],
  ["bins, int32 in Keras 3, looked up", "keras2", modern({ x: FLOATS }, [["bins", "Discretization", BINS, ["x"]], ["y", "Embedding", { input_dim: 4, output_dim: 3 }, ["bins"]]]), [FLOATS]],
  ["an activation that casts halves", "keras2", modern({ x: HALVES }, [["y", "Activation", { activation: "sparse_plus" }, ["x"]]]), [HALVES]],
  ["hard_sigmoid in float64", "keras2", modern({ x: FLOATS }, [["y", "Activation", { activation: "hard_sigmoid", dtype: "float64" }, ["x"]]]), [FLOATS]],
  ["images of another size", "keras2", modern({ x: tensor(Array.from({ length: 48 }, (_, i) => i * i), [1, 4, 4, 3]) }, [["y", "Resize", { size: [3, 6], interpolation: "bilinear", antialias: false, crop_to_aspect_ratio: false, pad_to_aspect_ratio: false, fill_mode: "constant", fill_value: 0, data_format: "channels_last" }, ["x"]]]), [tensor(Array.from({ length: 48 }, (_, i) => i * i), [1, 4, 4, 3])]],
]; // prettier-ignore

it.each(CASES)("%s, to %s", async (_, to, file, x) => {
  const model = await load(file);
  const shapes = model.weights.map(({ shape }) => shape!);
  if (shapes.length > 0) await model.setWeights(shapes.map((shape) => ramp([...shape])));
  const again = await load(await save(model, { format: "keras-h5", dialect: to }));
  expect(again.problems).toEqual([]);
  const [a, b] = [await model.predict([...x]), await again.predict([...x])];
  expect(b.length).toBe(a.length);
  b.forEach(({ data, shape, dtype }, i) => {
    expect([shape, dtype]).toEqual([a[i]!.shape, a[i]!.dtype]);
    Array.from(data as Float32Array).forEach((n, at) => expect(n).toBeCloseTo(Number(a[i]!.data[at]), 5));
  });
});

it("numbers among joined tensors are a tensor in Keras 3, which takes no list there", async () => {
  const config = { function: "concat" };
  const row = [1.5, 2.5, 3.5, 4.5].map((n) => ["_CONSTANT_VALUE", -1, n, { axis: 0 }]);
  const entry = { class_name: "TFOpLambda", config: { name: "y", trainable: true, dtype: "float32", ...config }, name: "y", inbound_nodes: [[["x", 0, 0, { axis: 0 }], [row]]] }; // prettier-ignore
  const json = JSON.parse(new TextDecoder().decode(older({ x: FLOATS }, [["y", "TFOpLambda", config, ["x"]]]))) as { config: { layers: object[] } }; // prettier-ignore
  json.config.layers[1] = entry;
  const model = await load(new TextEncoder().encode(JSON.stringify(json)));
  const written = await save(model, { format: "keras-json", dialect: "keras3" });
  const [text] = [...written.values()];
  expect(new TextDecoder().decode(text)).toContain("__tensor__");
  const again = await load(text!);
  const x = tensor([1, 2, 3, 4], [1, 4]);
  for (const one of [model, again])
    expect([...(await one.predict(x))[0]!.data]).toEqual([1, 2, 3, 4, 1.5, 2.5, 3.5, 4.5]);
});

/** The layers of what is written. */
async function layersOf(file: Uint8Array, dialect: Dialect): Promise<readonly { name: string; inbound_nodes: unknown }[]> {
  const written = await save(await load(file), { format: "keras-json", dialect });
  const text = new TextDecoder().decode([...written.values()][0]);
  return (JSON.parse(text) as { config: { layers: { name: string; inbound_nodes: unknown }[] } }).config.layers;
} // prettier-ignore

describe("forms", () => {
  // keras.layers.Layer: "Expected `trainable` to be a boolean".
  it("a number for `trainable` is a truth value", async () => {
    const written = await save(await load(older({ x: FLOATS }, [["y", "Activation", { activation: "relu", trainable: 0 }, ["x"]]])), { format: "keras-json", dialect: "keras3" }); // prettier-ignore
    const text = new TextDecoder().decode([...written.values()][0]);
    const { config } = JSON.parse(text) as { config: { layers: { config: { trainable?: unknown } }[] } };
    expect(config.layers[1]!.config.trainable).toBe(false);
  });

  // keras.layers.GroupNormalization: "got an unexpected keyword argument 'mask'".
  it("what Keras 2 writes as not given is not given in Keras 3", async () => {
    const file = older({ x: FLOATS }, [["y", "GroupNormalization", { groups: 2 }, ["x"], { mask: null }]]);
    const [call] = (await layersOf(file, "keras3"))[1]!.inbound_nodes as { kwargs: object }[];
    expect(call!.kwargs).toEqual({});
  });

  it("a call by keywords alone has its first argument by place in Keras 2", async () => {
    const heads = { num_heads: 1, key_dim: 4 };
    const calls = { query: "embedded", value: "embedded" };
    const file = modern({ ids: IDS }, [...EMBEDDED, ["heads", "MultiHeadAttention", heads, [], calls]]);
    const layer = (await layersOf(file, "keras2")).find(({ name }) => name === "heads");
    expect(layer?.inbound_nodes).toEqual([[["embedded", 0, 0, { value: ["embedded", 0, 0] }]]]);
  });

  // tf_keras.layers.Concatenate is called so by itself; keras.saving.load_model then says that the name is used twice.
  it("no layer has the name of an operation that Keras 3 makes of masks", async () => {
    const joined: Layer = ["concatenate", "Concatenate", { axis: -1 }, ["embedded", "embedded"]];
    const last: Layer = ["last", "Dense", { units: 2 }, ["concatenate"]];
    const names = (await layersOf(older({ ids: IDS }, [...EMBEDDED, joined, last]), "keras3")).map(({ name }) => name);
    expect(names).toEqual(["ids", "embedded", "concatenate_layer", "last"]);
  });
});

// keras.layers.BatchNormalization(axis=[1, 2]): "int() argument must be a string, a bytes-like object or a real number".
it("statistics along several axes are in no file of Keras 3", async () => {
  const x = tensor([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
  const file = (axis: unknown): Uint8Array => older({ x }, [["y", "BatchNormalization", { axis }, ["x"]]]);
  const [layer] = (await layersOf(file([2]), "keras3")).filter(({ name }) => name === "y");
  expect(layer).toMatchObject({ config: { axis: 2 } });
  const refused = { code: "unsupported/layer", message: expect.stringContaining("Keras 3 does not compute this") };
  await expect(layersOf(file([1, 2]), "keras3")).rejects.toMatchObject(refused);
});

// tf_keras.layers.Embedding(11, 4, input_length=(None, 2)): tf-keras opens it, and so does Keras 3 what is written.
it("several lengths of an Embedding's input are in no other file", async () => {
  const lengths = { input_length: [null, 2], batch_input_shape: [null, [null, 2]] };
  const file = older({ ids: IDS }, [["y", "Embedding", { input_dim: 11, output_dim: 4, ...lengths }, ["ids"]]]);
  const { problems } = await load(file);
  expect(problems.filter(({ code }) => code.startsWith("malformed/"))).toEqual([]);
  const [, layer] = await layersOf(file, "keras3");
  expect(JSON.stringify(layer)).not.toMatch(/input_length|batch_/);
  const wrong = { ...lengths, batch_input_shape: [null, ["2"]] };
  const damaged = older({ ids: IDS }, [["y", "Embedding", { input_dim: 11, output_dim: 4, ...wrong }, ["ids"]]]);
  await expect(load(damaged)).rejects.toMatchObject({ code: "malformed/config" });
});

// tf_keras.Model(x, tf_keras.layers.Discretization([-1, 0.3, 1], output_mode="count")(x)): 0.30000000001 is 0.3 in float32.
it.each([
  ["float64", [1, 0, 1, 1]],
  ["float32", [1, 0, 1, 1]],
  ["float16", [0, 1, 1, 1]],
  ["bfloat16", [0, 1, 1, 1]],
] as const)("tf-keras casts %s to float32 before it looks for bins", async (dtype, wanted) => {
  const x = tensor([0.30000000001, -1.0004, 2], [1, 3], dtype);
  const bins = { ...BINS, bin_boundaries: [-1, 0.3, 1], output_mode: "count" };
  const model = await load(older({ x }, [["y", "Discretization", bins, ["x"]]]));
  const [y] = await model.predict(x, { backend: "wasm" });
  expect([y!.dtype, [...y!.data]]).toEqual(["float32", wanted]);
});
