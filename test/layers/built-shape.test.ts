/** A layer called with inputs of several ranks keeps the axes that it was built on. Numbers are those of Keras 3.15 and tf-keras 2.21. */
import { expect, it } from "vitest";
import { fromPlain, type JsonObject } from "../../src/codecs/json.ts";
import "../../src/layers/all.ts";
import { readModel } from "../../src/model/bind.ts";
import { Input, layers, load, Model, type Tensor, tensor } from "../../src/node.ts";

/** Normalization as Keras 3 writes it, built on x[B, ...first] and called with y[B, ...second] as well, listed first. */
function shared(config: object, first: readonly number[], second: readonly number[]): Model {
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
    class_name: "Normalization",
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
