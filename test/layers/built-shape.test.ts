/** A layer called with inputs of several ranks keeps the axes that it was built on. Numbers are those of Keras 3.15 and tf-keras 2.21. */
import { describe, expect, it } from "vitest";
import { fromPlain, type JsonObject } from "../../src/codecs/json.ts";
import "../../src/layers/all.ts";
import { readModel } from "../../src/model/bind.ts";
import { Input, layers, load, Model, type Tensor, tensor } from "../../src/node.ts";

/** Normalization as Keras 3 writes it, built on x[B, ...first] and called with y[B, ...second] as well, listed first. */
function shared(config: object, first: readonly number[], second: readonly number[], of = "Normalization"): Model {
  const input = (name: string, shape: readonly number[]) => ({
    module: "keras.layers",
    class_name: "InputLayer",
    name,
    config: { name, batch_shape: [null, ...shape], dtype: "float32" },
    inbound_nodes: [],
  });
  const call = (name: string, shape: readonly number[]) => {
    const type = { shape: [null, ...shape], dtype: "float32", keras_history: [name, 0, 0] };
    return { args: [{ class_name: "__keras_tensor__", config: type }], kwargs: {} };
  };
  const layer = {
    module: "keras.layers",
    class_name: of,
    name: "n",
    config: { name: "n", ...config },
    build_config: { input_shape: [null, ...first] },
    inbound_nodes: [call("a", first), call("b", second)],
  };
  const ends = { input_layers: [["a", 0, 0], ["b", 0, 0]], output_layers: [["n", 0, 0], ["n", 1, 0]] }; // prettier-ignore
  const layers = [input("a", first), input("b", second), layer];
  const json = fromPlain({ class_name: "Functional", config: { name: "m", layers, ...ends } }) as JsonObject;
  const root = readModel(json, { semantics: "keras3", backend: "tensorflow", initialise: null });
  return new Model({ root, archive: null, hasWeights: true, unknownWeights: new Map(), warnings: [] });
}

const counted = (shape: readonly number[]): Tensor => {
  const size = shape.reduce((product, n) => product * n, 2);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => i),
    [2, ...shape],
  );
};

it.each([
  [-1, [0.1], [2, 1, 1], [3], [1, 1, 2, 3], [-1, 9, 19, 29, 39, 49]],
  [1, [1, 2, 3], [3], [2, 3], [2, 2, 3], [-1, -1 / 2, -1 / 3, 2, 1, 2 / 3, 5, 5 / 2, 5 / 3, 8, 4, 8 / 3]],
  [1, [1, 2], [2, 3], [3], [1, 2, 3], [-1, 0, 1, 0.5, 1, 1.5]],
  [
    [1, 2],
    [1, 2, 3],
    [2, 3],
    [2, 3],
    [2, 2, 3],
    [-1, -1 / 2, -1 / 3, 2, 1, 2 / 3, 5, 5 / 2, 5 / 3, 8, 4, 8 / 3],
  ],
  [null, 2, [2, 3], [3], [1, 2, 3], [-1, -0.5, 0, 0.5, 1, 1.5]],
  [1, [1, 2], [2, 3], [1], [1, 2, 1], [-1, -0.5]],
  [[1, 2], [1, 2, 3], [2, 3], [3], [1, 2, 3], [-1, -1 / 2, -1 / 3, 2, 1, 2 / 3]],
  [-1, [1, 2, 3], [3], [2, 1], [2, 2, 3], [-1, -1, -1, 0, -1 / 2, -2 / 3, 1, 0, -1 / 3, 2, 1 / 2, 0]],
] as const)(
  "Normalization of axis %j, mean %j, built on %j, of %j",
  async (axis, mean, first, second, shape, values) => {
    const variance = typeof mean === "number" ? mean ** 2 : mean.map((m) => m ** 2);
    const [, y] = (await shared({ axis, mean, variance }, first, second).predict([
      counted(first),
      counted(second),
    ])) as readonly Tensor[];
    expect(y!.shape).toEqual(shape);
    values.forEach((value, i) => expect(Number(y!.data[i])).toBeCloseTo(value, 5));
  },
);

/**
 * Keras 3's HDF5 files say no shapes that layers were built on: Keras makes a layer's calls in their order there, whatever the order in
 * which the model then runs them. `layer` is called on `built`, which is the farther from the outputs or not, then on `other`.
 */
function unsaid(
  layer: { class_name: string; config: object },
  built: readonly (readonly number[])[],
  other: typeof built,
  late: boolean,
) {
  const dims = (shape: readonly number[]) => ({ batch_shape: [null, ...shape], dtype: "float32" });
  const entry = (name: string, class_name: string, config: object, inbound_nodes: unknown[]) => ({ module: "keras.layers", class_name, config: { name, ...config }, registered_name: null, name, inbound_nodes }); // prettier-ignore
  const names = (of: string, shapes: typeof built) => shapes.map((_, i) => `${of}${i}`);
  const inputs = [...built.map((shape, i) => entry(`a${i}`, "InputLayer", dims(shape), [])), ...other.map((shape, i) => entry(`b${i}`, "InputLayer", dims(shape), []))]; // prettier-ignore
  const on = (all: readonly string[], shapes: typeof built) => {
    const tensors = all.map((name, i) => ({ class_name: "__keras_tensor__", config: { shape: [null, ...shapes[i]!], dtype: "float32", keras_history: [name, 0, 0] } })); // prettier-ignore
    return { args: tensors.length === 1 ? tensors : [tensors], kwargs: {} };
  };
  // Other layers on the way to a call have the model run it later.
  const delayed = names("a", built).map((name, i) => entry(`d${i}`, "Identity", {}, [on([name], [built[i]!])]));
  const first = late ? names("d", built) : names("a", built);
  const shared = entry("l", layer.class_name, layer.config, [on(first, built), on(names("b", other), other)]); // prettier-ignore
  // What comes after the second call makes its way to the outputs the longer one.
  const after = entry("after", "Activation", { activation: "linear" }, [{ args: [{ class_name: "__keras_tensor__", config: { shape: [null], dtype: "float32", keras_history: ["l", 1, 0] } }], kwargs: {} }]); // prettier-ignore
  const input_layers = inputs.map(({ name }) => [name, 0, 0]);
  const output_layers = [["l", 0, 0], ["after", 0, 0]]; // prettier-ignore
  const json = { module: "keras.src.models.functional", registered_name: "Functional", class_name: "Functional", config: { name: "m", layers: [...inputs, ...delayed, shared, after], input_layers, output_layers }, keras_version: "3.15.1", backend: "tensorflow" }; // prettier-ignore
  return new TextEncoder().encode(JSON.stringify(json));
}

const SCALED = { class_name: "Normalization", config: { axis: null, mean: 2, variance: 4 } };
const merging = (class_name: string) => ({ class_name, config: {} });
const ALIKE = [[2, 3], [2, 3]]; // prettier-ignore
const UNLIKE = [[2, 3], [3]]; // prettier-ignore

// keras.models.model_from_json of these, on two rows of 0, 1, 2 …: the second call's shape and first numbers.
describe.each([false, true])("a layer is built on the call that it was made with first, run later: %s", (late) => {
  it.each([
    [SCALED, [[2, 3]], [[3]], [1, 2, 3], [-1, -0.5, 0, 0.5, 1, 1.5]],
    [SCALED, [[3]], [[2, 3]], [2, 2, 3], [-1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3]],
    [merging("Add"), ALIKE, UNLIKE, [2, 2, 3], [0, 2, 4, 6, 8, 10, 6, 8, 10]],
    [merging("Add"), UNLIKE, UNLIKE, [2, 2, 3], [0, 2, 4, 3, 5, 7, 9, 11, 13]],
    [merging("Add"), UNLIKE, ALIKE, [2, 2, 3], [0, 2, 4, 6, 8, 10, 12, 14, 16]],
    [merging("Multiply"), ALIKE, UNLIKE, [2, 2, 3], [0, 1, 4, 9, 16, 25, 0, 7, 16]],
    [merging("Average"), ALIKE, UNLIKE, [2, 2, 3], [0, 1, 2, 3, 4, 5, 3, 4, 5]],
    [merging("Maximum"), ALIKE, UNLIKE, [2, 2, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8]],
    [merging("Minimum"), ALIKE, UNLIKE, [2, 2, 3], [0, 1, 2, 3, 4, 5, 0, 1, 2]],
    [merging("Subtract"), ALIKE, UNLIKE, [2, 2, 3], [0, 0, 0, 0, 0, 0, 6, 6, 6]],
  ] as const)("%j on %j, then %j", async (layer, built, other, shape, values) => {
    const model = await load(unsaid(layer, built, other, late));
    const [, y] = await model.predict([...built, ...other].map(counted));
    expect(y!.shape).toEqual(shape);
    values.forEach((value, i) => expect(Number(y!.data[i])).toBeCloseTo(value, 5));
  });
});

it("AdditiveAttention has a scale as long as its query, in tf-keras as its value", async () => {
  const [query, value] = [Input({ shape: [3, 2] }), Input({ shape: [3, 1] })];
  const today = new Model({ inputs: [query, value], outputs: layers.additiveAttention().apply([query, value]) });
  expect(today.weights.map(({ shape }) => shape)).toEqual([[2]]);
  const input = (name: string, width: number) => ({
    class_name: "InputLayer",
    name,
    config: { batch_input_shape: [null, 3, width], dtype: "float32", name },
    inbound_nodes: [],
  });
  const place = (name: string) => [name, 0, 0];
  const attention = {
    class_name: "AdditiveAttention",
    name: "attention",
    config: { name: "attention", use_scale: true },
    inbound_nodes: [["query", "value"].map((name) => [...place(name), {}])],
  };
  const config = {
    name: "m",
    layers: [input("query", 2), input("value", 1), attention],
    input_layers: ["query", "value"].map(place),
    output_layers: [place("attention")],
  };
  const older = { class_name: "Functional", config, keras_version: "2.21.0", backend: "tensorflow" };
  const model = await load(new TextEncoder().encode(JSON.stringify(older)));
  expect(model.weights.map(({ shape }) => shape)).toEqual([[1]]);
});

it("RMSNormalization scales other lengths by those that it was built on", () => {
  const { problems, weights, graph } = shared({}, [1], [3, 2], "RMSNormalization");
  expect(problems).toEqual([]);
  expect(weights.map(({ shape }) => shape)).toEqual([[1]]);
  expect(graph.values.get(graph.outputs[1]!)!.shape).toEqual([null, 3, 2]);
});
