/** Layers models of TensorFlow.js, judged by TensorFlow.js: what is written computes there what Keras computes, all else is refused. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FormatError } from "../../src/core/error.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import { withDType } from "../../src/core/cast.ts";
import { convert, layers, load, type Model, save, Sequential, setRandomSeed } from "../../src/node.ts";
import { difference, type Fixture, fixtures, loadFixture, valuesOf, withoutNaN } from "../support/fixtures.ts";
import { ramp } from "../support/tensors.ts";
import { inTrainingOrder } from "../../src/exporters/tfjs-layers/load-order.ts";
import { loadInTfjs, runInTfjs, type TfModel } from "../support/tfjs.ts";

/** Of the largest number of an output. */
const ALLOWED = 1e-5;

type Files = ReadonlyMap<string, Uint8Array>;

/** NaN among its inputs, which TensorFlow.js has no layers to tell apart. */
const NOT_FINITE = "layers/preprocessing/categories";

async function inputsOf(model: Model, fixture: Fixture): Promise<readonly Tensor[]> {
  const all = await valuesOf(fixture);
  const values = fixture.name === NOT_FINITE ? withoutNaN(all) : all;
  return model.inputs.map(({ name, dtype }, i) =>
    withDType((values.get(`inputs/${i}`) ?? values.get(`inputs/${name}`))!, dtype),
  );
}

/** An optimizer's arrays go by the order of the layers there, which their writer must know. */
function expectOrder(files: Files, { layers: there }: TfModel): void {
  const [, json] = [...files].find(([name]) => name.endsWith(".json"))!;
  type Place = readonly [string, number, number];
  interface Config {
    readonly layers: readonly { class_name: string; name: string; inbound_nodes: readonly (readonly Place[])[] }[];
    readonly output_layers?: readonly Place[];
  }
  const { modelTopology } = JSON.parse(new TextDecoder().decode(json)) as { modelTopology: { model_config: { config: Config } } }; // prettier-ignore
  const { config } = modelTopology.model_config;
  if (config.output_layers === undefined) return;
  const own = config.layers.map(({ class_name: className, name, inbound_nodes: calls }) => ({ className, name, calls: calls.map((reads) => [...reads]), config: {}, weights: [] })); // prettier-ignore
  expect(inTrainingOrder(own, config.output_layers).map(({ name }) => name)).toEqual(there.map(({ name }) => name));
}

/** Runs a model there and here; a stateful one twice. */
async function compare(model: Model, files: Files, inputs: readonly Tensor[], what: string, allowed = ALLOWED) {
  const other = await loadInTfjs(files);
  expectOrder(files, other);
  for (let run = 0; run < (model.graph.states.length > 0 ? 2 : 1); run++) {
    const expected = await model.predict(inputs, { backend: "reference" });
    const found = runInTfjs(other, inputs);
    expect(found, what).toHaveLength(expected.length);
    expected.forEach((tensor, i) => {
      expect([what, ...found[i]!.shape]).toEqual([what, ...tensor.shape]);
      const { error, magnitude } = difference(found[i]!, tensor);
      expect(error, `${what}, output ${i}`).toBeLessThanOrEqual(allowed * Math.max(magnitude, Number.MIN_VALUE));
    });
  }
}

/** Looks up places from the end, which TensorFlow.js refuses as it runs. */
const NEGATIVE = "layers/embedding/negative";

/** How many fixtures TensorFlow.js runs: a lower bound, so that none is refused that was not. */
const RIGHT: Readonly<Record<string, number>> = { models: 39, layers: 446 };

it.each(Object.keys(RIGHT))("fixtures/%s", { timeout: 300_000 }, async (part) => {
  let right = 0;
  for (const fixture of fixtures(part)) {
    const model = await loadFixture(fixture);
    if (model.problems.length === 0) {
      const inputs = await inputsOf(model, fixture);
      const files = await save(model, { format: "tfjs-layers" }).catch((error: FormatError) => {
        expect(error.code, `${fixture.name}: ${error.message}`).toMatch(/^unsupported\//);
        return null;
      });
      if (fixture.name === NEGATIVE) await expect(compare(model, files!, inputs, NEGATIVE)).rejects.toThrow(/index/);
      else if (files !== null) {
        await compare(model, files, inputs, fixture.name);
        right++;
      }
    }
    model.dispose();
  }
  expect(right).toBeGreaterThanOrEqual(RIGHT[part]!);
});

function network(): Model {
  setRandomSeed(5);
  return new Sequential({
    layers: [
      layers.conv1d({ filters: 6, kernelSize: 3, padding: "causal", activation: "silu", inputShape: [8, 4] }),
      layers.gru({ units: 5, returnSequences: true }),
      layers.lstm({ units: 3 }),
      layers.dense({ units: 2, activation: "softmax" }),
    ],
  });
}

const jsonOf = (files: Files) =>
  JSON.parse(new TextDecoder().decode(files.get("model.tfjs.json"))) as {
    modelTopology: { model_config: { class_name: string } };
    weightsManifest: { paths: string[]; weights: { name: string; quantization?: { dtype: string } }[] }[];
    trainingConfig?: { optimizer_config: { config: object } };
  };

describe("a model", () => {
  it("has weights in shards of the wanted size", async () => {
    const model = network();
    const files = await save(model, { format: "tfjs-layers", shardSize: 100 });
    const sizes = jsonOf(files).weightsManifest[0]!.paths.map((path) => files.get(path)!.length);
    expect(sizes.length).toBeGreaterThan(5);
    expect(sizes.slice(0, -1).every((size) => size === 100)).toBe(true);
    await compare(model, files, [ramp([2, 8, 4])], "shards");
    await expect(save(network(), { format: "tfjs-layers", shardSize: 0 })).rejects.toMatchObject({
      code: "mismatch/option",
    });
  });

  it.each([
    ["float16", 2e-3],
    ["uint16", 1e-3],
    ["uint8", 0.1],
  ] as const)("has weights as %s", async (quantize, allowed) => {
    const model = network();
    const files = await save(model, { format: "tfjs-layers", quantize });
    const forms = jsonOf(files).weightsManifest[0]!.weights.map(({ quantization }) => quantization?.dtype);
    expect(new Set(forms)).toEqual(new Set([quantize, undefined]));
    const x = [ramp([2, 8, 4])];
    await compare(model, files, x, quantize, allowed);
    const here = (await (await load(files)).predict(x))[0]!;
    const there = runInTfjs(await loadInTfjs(files), x)[0]!;
    expect(difference(here, there).error).toBeLessThan(1e-6);
    await expect(save(network(), { format: "tfjs-layers", quantize: "int8" })).rejects.toMatchObject({
      code: "mismatch/option",
    });
  });

  it("without branches is a Sequential; how it was compiled is in TensorFlow.js's words", async () => {
    const model = new Sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
    model.compile({ optimizer: "adam", loss: "mse" });
    const files = await save(model, { format: "tfjs-layers" });
    expect(jsonOf(files).modelTopology.model_config.class_name).toBe("Sequential");
    await compare(model, files, [ramp([2, 3])], "dense");
  });

  it("is converted, read back and run, into a folder or a file with others beside it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "keraport-tfjs-"));
    try {
      const keras = join(folder, "m.keras");
      const model = network();
      await save(model, keras);
      const result = await convert(keras, join(folder, "out"), { format: "tfjs-layers" });
      expect(result).toMatchObject({ verified: "outputs", opens: "TensorFlow.js: tf.loadLayersModel" });
      expect(readdirSync(join(folder, "out")).sort()).toEqual(["group1-shard1of1.bin", "model.json"]);
      await convert(keras, join(folder, "web.json"), { format: "tfjs-layers" });
      const names = readdirSync(folder).filter((name) => name.startsWith("web"));
      expect(names.sort()).toEqual(["web.group1-shard1of1.bin", "web.json"]);
      const files = new Map(names.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
      await compare(model, files, [ramp([2, 8, 4])], "beside");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Written by the converter from Keras 3, or with a GRU or names that TensorFlow.js has not. */
const BROKEN = ["tfjs_keras3", "tfjs_keras3_h5", "tfjs_recurrent", "tfjs_spatial"];

it("repairs what the converter made of Keras 3, and writes the others again", { timeout: 60_000 }, async () => {
  const all = fixtures("formats").filter(({ name }) => /tfjs/.test(name));
  const refused: string[] = [];
  for (const fixture of all) {
    const folder = join(fixture.folder, "model");
    const names = readdirSync(folder).filter((name) => name !== "metadata.json");
    const given = new Map(names.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
    const name = fixture.name.slice(fixture.name.indexOf("/") + 1);
    if (BROKEN.includes(name)) await loadInTfjs(given).catch(() => refused.push(name));
    const model = await loadFixture(fixture).catch(() => load(folder));
    const files = await save(model, { format: "tfjs-layers" });
    await compare(model, files, await inputsOf(model, fixture), fixture.name);
  }
  expect(all.length).toBe(8);
  expect(refused).toEqual(BROKEN);
});

it("takes layers whose names have slashes, as those of MobileNet have", async () => {
  setRandomSeed(1);
  const model = new Sequential({
    layers: [
      layers.dense({ name: "a/b", units: 3, inputShape: [4] }),
      layers.dense({ name: "b/c", units: 2 }),
      layers.dense({ name: "c", units: 2 }),
    ],
  });
  const files = await save(model, { format: "tfjs-layers" });
  await compare(await load(files), files, [ramp([2, 4])], "slashes");
  expect((await (await load(files)).predict(ramp([2, 4])))[0]!.data).toEqual(
    (await model.predict(ramp([2, 4])))[0]!.data,
  );
});
