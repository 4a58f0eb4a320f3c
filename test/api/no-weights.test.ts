/** Architectures alone: those that need no weights run; sizes that no machine has are refused, by name. */
import { expect, it } from "vitest";
import { FormatError, Input, layers, load, Model, save, tensor } from "../../src/index.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function architecture(model: Model): Promise<string> {
  const [file] = (await save(model, { format: "keras-json" })).values();
  return new TextDecoder().decode(file);
}

it("a model of layers without weights predicts", async () => {
  const [a, b] = [Input({ shape: [2], name: "a" }), Input({ shape: [2], name: "b" })];
  const sum = layers.activation({ activation: "relu" }).apply(layers.add().apply([a, b]));
  const model = await load(bytes(await architecture(new Model({ inputs: [a, b], outputs: sum }))));
  expect(model.problems).toEqual([]);
  const [y] = await model.predict([tensor([[1, -3]]), tensor([[2, 1]])]);
  expect([...y!.data]).toEqual([3, 0]);
});

const refused = async (text: string): Promise<[string, string | undefined]> => {
  const error = await load(bytes(text)).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(FormatError);
  return [(error as FormatError).code, (error as FormatError).path];
};

it.each([
  ["[null, -4]", "malformed/config", "x.batch_shape"],
  ["[-1, 4]", "malformed/config", "x.batch_shape"],
  ["[null, 1.5]", "malformed/config", "x.batch_shape"],
  ["[null, 1e300]", "malformed/config", "x.batch_shape"],
])("an input of shape %s", async (shape, code, path) => {
  const x = Input({ shape: [4], name: "x" });
  const text = await architecture(new Model({ inputs: x, outputs: layers.add().apply([x, x]) }));
  expect(await refused(text.replace(/("batch_shape": ?)\[null, ?4\]/, `$1${shape}`))).toEqual([code, path]);
});

it("weights larger than the limit", async () => {
  const x = Input({ shape: [4], name: "x" });
  const text = await architecture(new Model({ inputs: x, outputs: layers.dense({ units: 3, name: "d" }).apply(x) }));
  expect(await refused(text.replace(/("units": ?)3/, "$12000000000"))).toEqual(["limit/tensor-bytes", "d/kernel"]);
  expect(await refused(text.replace(/("units": ?)3/, "$1-3"))).toEqual(["malformed/config", "d.units"]);
});

it("a layer that is inside itself by its shared_object_id", async () => {
  const wrapper = (inner: string, id: string): string =>
    `{"class_name": "TimeDistributed", "module": "keras.layers", "registered_name": null, ${id}"config": {"name": "td", "trainable": true, "dtype": "float32", "layer": ${inner}}}`;
  const input = `{"class_name": "InputLayer", "module": "keras.layers", "registered_name": null, "config": {"name": "x", "batch_shape": [null, 2, 3], "dtype": "float32"}}`;
  const same = `"shared_object_id": 7, `;
  const layersText = [input, wrapper(wrapper(input, same), same)].join(", ");
  const text = `{"class_name": "Sequential", "module": "keras", "registered_name": "Sequential", "config": {"name": "s", "layers": [${layersText}]}}`;
  expect(await refused(text)).toEqual(["malformed/cycle", "td"]);
});

it.each(["wasm", "reference"] as const)("an index outside a table is named as it was given (%s)", async (backend) => {
  const x = Input({ shape: [1], dtype: "int32", name: "x" });
  const model = new Model({ inputs: x, outputs: layers.embedding({ inputDim: 5, outputDim: 2 }).apply(x) });
  for (const index of [-6, 5]) {
    const error = await model.predict(tensor([[index]], [1, 1], "int32"), { backend }).catch((e: unknown) => e);
    expect([(error as FormatError).code, (error as FormatError).found]).toEqual(["mismatch/range", String(index)]);
  }
  await model.predict(tensor([[-5]], [1, 1], "int32"), { backend });
});
