/** Tensors of numbers in the calls of Keras 3, written for tf-keras 2.21.0, which reads them back as lists. */
import { expect, it } from "vitest";
import { load, save } from "../../src/node.ts";

type Json = Readonly<Record<string, unknown>>;
const x = (shape: readonly (number | null)[]): Json => ({
  class_name: "__keras_tensor__",
  config: { shape, dtype: "float32", keras_history: ["x", 0, 0] },
});
const constant = (value: unknown, dtype = "float32"): Json => ({ class_name: "__tensor__", config: { value, dtype } });

/** What tf-keras gets of a model of x and this layer. */
async function written(shape: readonly (number | null)[], module: string, className: string, config: Json, call: Json) {
  const input = {
    module: "keras.layers",
    class_name: "InputLayer",
    config: { batch_shape: shape, dtype: "float32", name: "x" },
    name: "x",
    inbound_nodes: [],
  };
  const own = { module, class_name: className, config: { name: "y", ...config }, name: "y", inbound_nodes: [call] };
  const root = { name: "m", trainable: true, layers: [input, own], input_layers: [["x", 0, 0]], output_layers: [["y", 0, 0]] }; // prettier-ignore
  const json = {
    module: "keras.src.models.functional",
    class_name: "Functional",
    config: root,
    keras_version: "3.15.1",
  };
  const files = await save(await load(new TextEncoder().encode(JSON.stringify(json))), {
    format: "keras-json",
    dialect: "keras2",
  });
  const { config: made } = JSON.parse(new TextDecoder().decode([...files.values()][0])) as { config: { layers: { config: Json; inbound_nodes: unknown }[] } }; // prettier-ignore
  return made.layers.slice(1);
}

it.each([
  ["Add", [null, 2], {}, { args: [[x([null, 2]), constant([[1, 2]])]], kwargs: {} }, "inputs"],
  ["Concatenate", [null, 2], {}, { args: [[x([null, 2]), constant([[1, 2]])]], kwargs: {} }, "inputs"],
  [
    "SimpleRNN",
    [1, 3, 2],
    { units: 1 },
    { args: [x([1, 3, 2])], kwargs: { initial_state: constant([[1]]) } },
    "initial_state",
  ],
  [
    "GRU",
    [1, 3, 2],
    { units: 1 },
    { args: [x([1, 3, 2])], kwargs: { mask: constant([[true, false, true]], "bool") } },
    "mask",
  ],
] as const)("%s does not take them there", async (className, shape, config, call, found) => {
  await expect(written(shape, "keras.layers", className, config, call)).rejects.toThrow(found);
  await expect(written(shape, "keras.layers", className, config, call)).rejects.toThrow("a tensor of numbers");
});

it("layers that make tensors of them get lists", async () => {
  const mask = constant([[[true, false]]], "bool");
  const call = { args: [x([null, 3, 2])], kwargs: { mask } };
  const [softmax] = await written([null, 3, 2], "keras.layers", "Softmax", { axis: -1 }, call);
  expect(JSON.stringify(softmax!.inbound_nodes)).toContain('"mask":[[[true,false]]]');
});

it("functions get no numbers alone", async () => {
  const call = { args: [x([null, null]), constant([1, 0.5])], kwargs: {} };
  const made = await written([null, null], "keras.src.ops.numpy", "Einsum", { subscripts: "bt,f->btf" }, call);
  expect(made.length).toBeGreaterThan(1);
  for (const { inbound_nodes: nodes } of made) expect(JSON.stringify(nodes)).toMatch(/\["(x|y[^"]*)",0,0/);
});

it("an adapted Discretization has its boundaries, and no number of bins", async () => {
  const config = { bin_boundaries: [0.5, 1.5], num_bins: 3, epsilon: 0.01, output_mode: "int", sparse: false };
  const [made] = await written([null, 2], "keras.layers", "Discretization", config, {
    args: [x([null, 2])],
    kwargs: {},
  });
  expect(made!.config).toMatchObject({ bin_boundaries: [0.5, 1.5], num_bins: null });
});

it("places of 64 bits are the same of 32; those from the end are refused", async () => {
  const take = (places: readonly number[]) =>
    written([null, 6, 2], "keras.src.ops.numpy", "Take", { axis: 1 }, {
      args: [x([null, 6, 2]), { class_name: "__numpy__", config: { value: places, dtype: "int64" } }],
      kwargs: {},
    }); // prettier-ignore
  expect(JSON.stringify(await take([2, 0, 1]))).toContain("[2,0,1]");
  await expect(take([2, -1])).rejects.toMatchObject({ code: "unsupported/translation" });
});
