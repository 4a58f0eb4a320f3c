/**
 * Models and cells that only tf.keras has: its numbers, and where its `.keras` has their arrays (premade-models.json, made by
 * premade_models.py).
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { addDataset, dataset, groupAt, newGroup } from "../src/exporters/h5-build.ts";
import { convert, load, save, tensor } from "../src/index.ts";
import { toArtifact } from "../src/model/artifact.ts";
import { hdf5 } from "./importers/build.ts";

interface Values {
  readonly dtype: "float32";
  readonly shape: readonly number[];
  readonly values: number[];
}
interface Case {
  readonly config: string;
  readonly arrays: Readonly<Record<string, Values>>;
  readonly x: readonly Values[];
  readonly y: Values;
}
const cases = JSON.parse(readFileSync(new URL("premade-models.json", import.meta.url), "utf8")) as Readonly<Record<string, Case>>; // prettier-ignore
const array = ({ dtype, shape, values }: Values) => tensor(values, shape, dtype);

/** The file that Keras wrote, with its arrays at Keras's places. */
async function fileOf({ config, arrays }: Case): Promise<ReadonlyMap<string, Uint8Array>> {
  const root = newGroup();
  for (const [path, { shape, values }] of Object.entries(arrays)) {
    const at = path.lastIndexOf("/");
    const slices = async function* () {
      yield new Uint8Array(Float32Array.from(values).buffer);
    };
    addDataset(groupAt(root, path.slice(0, at)), path.slice(at + 1), dataset({ dtype: "float32", shape, slices }));
  }
  const source = await hdf5(root);
  const texts = { "config.json": config, "metadata.json": '{"keras_version": "2.21.0", "date_saved": "2026-01-01@00:00:00"}' }; // prettier-ignore
  return new Map([
    ...Object.entries(texts).map(([name, text]) => [name, new TextEncoder().encode(text)] as const),
    ["model.weights.h5", new Uint8Array(await source.read(0, source.size))],
  ]);
}

describe.each(Object.entries(cases))("%s", (name, told) => {
  const given = told.x.map(array);

  it.each(["wasm", "reference"] as const)("as tf.keras: %s", async (backend) => {
    const model = await load(await fileOf(told));
    expect(model.problems).toEqual([]);
    const [y] = await model.predict(given, { backend });
    expect(y!.shape).toEqual(told.y.shape);
    expect(Math.max(...told.y.values.map((v, i) => Math.abs(v - Number(y!.data[i]))))).toBeLessThanOrEqual(2e-6);
  });

  it("is written with its arrays where tf.keras has them", async () => {
    const model = await load(await fileOf(told));
    const { artifact } = await toArtifact(model.data);
    const paths = artifact
      .groups("tree")
      .flatMap(({ path, weights }) => weights.map((one) => [path, "vars", one.name].filter(Boolean).join("/")));
    expect(paths.sort()).toEqual(Object.keys(told.arrays).sort());
  });

  if (!/alone|aware/.test(name))
    it("comes back from .h5", async () => {
      const model = await load(await fileOf(told));
      const [h5] = (await save(model, { format: "keras-h5" })).values();
      const [y] = await (await load(h5!)).predict(given);
      expect(y).toEqual((await model.predict(given))[0]);
    });

  if (name !== "stochastic depth")
    it("is refused by name where Keras 3 is to read it", async () => {
      const [h5] = (await save(await load(await fileOf(told)), { format: "keras-v3", dialect: "keras2" })).values();
      await expect(convert(h5!, "m.keras", { dialect: "keras3" })).rejects.toMatchObject({
        code: "unsupported/translation",
      });
    });
});
