/** TensorFlow.js's models in every form that they come in; what they compute is in the fixtures. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { fixtures, FIXTURES, valuesOf } from "../support/fixtures.ts";
import { load, type Model } from "../../src/node.ts";

const TFJS = fixtures("formats").filter(({ name }) => name.startsWith("formats/tfjs_"));
const filesOf = (folder: string): Record<string, Uint8Array> =>
  Object.fromEntries(
    readdirSync(join(folder, "model")).map((name) => [name, new Uint8Array(readFileSync(join(folder, "model", name)))]),
  );
const one = filesOf(join(FIXTURES, "formats/tfjs_own_compiled"));
const json = JSON.parse(Buffer.from(one["m.json"]!).toString()) as {
  modelTopology: { config: { layers: { class_name: string; config: object }[] } };
  weightsManifest: { weights: object[] }[];
};
const artifacts = {
  ...json,
  weightSpecs: json.weightsManifest[0]!.weights,
  weightData: new Uint8Array(one["m.weights.bin"]!).buffer,
};

async function values(model: Model): Promise<readonly unknown[]> {
  return (await model.getWeights()).map(({ data }) => [...data]);
}

describe.each(TFJS)("$name", (fixture) => {
  it("is the same as a zip, by the path of its JSON, and with its weights listed in another order", async () => {
    const files = filesOf(fixture.folder);
    const name = Object.keys(files).find((file) => file.endsWith(".json") && file !== "metadata.json")!;
    const wanted = await values(await load(join(fixture.folder, "model")));
    expect(wanted.length).toBeGreaterThan(0);
    expect(await values(await load(join(fixture.folder, "model", name)))).toEqual(wanted);
    expect(await values(await load(zipSync(files)))).toEqual(wanted);
    expect((await valuesOf(fixture)).size).toBeGreaterThan(0);
  });
});

describe("ModelArtifacts", () => {
  it("are a model, whole or with their data in several buffers", async () => {
    const wanted = await values(await load(one));
    expect(await values(await load(artifacts))).toEqual(wanted);
    const { weightData } = artifacts;
    const parts = [weightData.slice(0, 100), weightData.slice(100)];
    expect(await values(await load({ ...artifacts, weightData: parts }))).toEqual(wanted);
  });

  it("may have a config in TensorFlow.js's own words", async () => {
    const camel = (text: string): string => text.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());
    const turned = (node: unknown, key: string): unknown => {
      if (Array.isArray(node)) return node.map((item) => turned(item, key));
      if (typeof node === "object" && node !== null)
        return Object.fromEntries(Object.entries(node).map(([k, v]) => [camel(k), turned(v, k)]));
      return typeof node === "string" && key !== "name" && key !== "class_name" ? camel(node) : node;
    };
    const modelTopology = turned(json.modelTopology, "") as object;
    expect(await values(await load({ ...artifacts, modelTopology }))).toEqual(await values(await load(one)));
  });

  it.each([
    [{ ...artifacts, weightData: "abc" as never }, "weightData"],
    [{ modelTopology: { a: 1n } as object }, "modelTopology"],
  ])("are refused when they hold no data", async (input, path) => {
    await expect(load(input)).rejects.toMatchObject({ code: "unsupported/input", path });
  });
});

it("keeps the optimizer's state apart and its options in Keras's words", async () => {
  const { archive } = (await load(one)).data;
  expect(archive!.optimizer.map(({ key }) => key)).toContain("iter");
  expect(archive!.weights).toHaveLength(4);
  expect(JSON.stringify([...(archive!.training as Map<string, unknown>).keys()])).toContain("optimizer_config");
  const text = JSON.stringify(archive!.training, (_, v: unknown) => (v instanceof Map ? Object.fromEntries(v) : v));
  expect(text).toContain('"learning_rate"');
});

it("keeps what Teachable Machine says beside the model", async () => {
  const { archive } = (await load(join(FIXTURES, "formats/tfjs_teachable/model"))).data;
  expect(archive!.extras).toEqual([{ kind: "metadata", path: "metadata.json", byteLength: 116 }]);
});
