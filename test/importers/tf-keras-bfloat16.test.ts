/**
 * Weights of bfloat16 that tf-keras 2.21 wrote: opaque values of two bytes, without the mark that Keras 3 puts on them. It cannot read
 * such files itself ("No cast function available"), but those with float32 in their place.
 */
import { expect, it } from "vitest";
import type { WriteGroup } from "../../src/codecs/hdf5.ts";
import { addDataset, dataset, groupAt, newGroup } from "../../src/exporters/h5-build.ts";
import { importArchive } from "../../src/importers/index.ts";
import { layers, load, save, Sequential, tensor } from "../../src/index.ts";
import { bytesSource, type Source } from "../../src/core/source.ts";
import { hdf5, zip } from "./build.ts";

const KERNEL = [0xbf4e, 0xbf7e, 0x3e9c, 0x3f1e, 0xbefe, 0xbf6c];
const halves = (shape: readonly number[], bits: readonly number[]) =>
  dataset({
    dtype: "bfloat16",
    shape,
    slices: async function* () {
      yield new Uint8Array(Uint16Array.from(bits).buffer);
    },
  });

/** As it is after `fit` with momentum: a kernel, a bias, and the optimizer's arrays. */
function tree(): WriteGroup {
  const root = newGroup();
  groupAt(root, "vars");
  for (const owner of ["layers/dense", "optimizer"]) {
    addDataset(root, `${owner}/vars/0`, halves([3, 2], KERNEL));
    addDataset(root, `${owner}/vars/1`, halves([2], [0, 0]));
  }
  return root;
}

const object = (class_name: string, config: object) => ({ module: "keras.layers", class_name, config, registered_name: null }); // prettier-ignore
const CONFIG = {
  ...object("Sequential", {
    name: "m",
    layers: [
      object("InputLayer", { batch_input_shape: [null, 3], dtype: "float32", name: "x" }),
      object("Dense", { name: "dense", dtype: "bfloat16", units: 2 }),
    ],
  }),
  module: "keras",
  compile_config: { optimizer: object("SGD", { learning_rate: 0.1, momentum: 0.9 }), loss: "mse" },
};
const bytesOf = async (source: Promise<Source>): Promise<Uint8Array> => (await source).read(0, (await source).size);
const file = () =>
  zip({ "metadata.json": '{"keras_version": "2.21.0"}', "config.json": JSON.stringify(CONFIG), "model.weights.h5": tree() }); // prettier-ignore

it.each([
  [".keras", async () => load(await bytesOf(file()))],
  [".weights.h5", async () => {
    const model = new Sequential();
    model.add(layers.dense({ units: 2, dtype: "bfloat16", inputShape: [3] }));
    const [json] = [...(await save(model, { format: "keras-json" })).values()];
    return load(json!, { weights: await bytesOf(hdf5(tree())) });
  }],
] as const)("%s", async (_, opened) => {
  const model = await opened();
  const [kernel] = await model.getWeights();
  expect([kernel!.dtype, ...kernel!.data]).toEqual(["bfloat16", ...KERNEL]);
  // As tf-keras computes it: -1.6875, -2.53125.
  const [y] = await model.predict(tensor([1, 2, 3], [1, 3]));
  expect([...y!.data]).toEqual([0xbfd8, 0xc022]);
}); // prettier-ignore

it.each([
  ["keras2", "keras-v3", "float32", 2],
  ["keras2", "keras-h5", "float32", 2],
  ["keras3", "keras-v3", "bfloat16", 0],
  ["keras3", "keras-h5", "float32", 0],
] as const)("written anew, in %s as %s, all arrays are %s: the optimizer has %d", async (dialect, format, dtype, count) => {
  const model = await load(await bytesOf(file()));
  const weights = await model.getWeights();
  await model.setWeights(weights);
  const [bytes] = [...(await save(model, { format, dialect })).values()];
  const archive = await importArchive(bytesSource(bytes!, format === "keras-v3" ? "m.keras" : "m.h5"));
  const found = [archive.weights, archive.optimizer].map((all) => all.map((one) => one.dtype));
  expect(found).toEqual([[dtype, dtype], Array.from({ length: count }, () => dtype)]);
  expect(await (await load(bytes!)).getWeights()).toEqual(weights);
}); // prettier-ignore
