/** Layers are loaded by family: the table of their names against the declarations, and what configs need against what they get. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EDITIONS } from "../../src/formats/languages.ts";
import { LAYERS } from "../../src/layers/all.ts";
import type { AnyDef } from "../../src/layers/define.ts";
import { ALSO_OPERATIONS, FAMILIES } from "../../src/layers/families.ts";
import { declarationsIn, familiesIn } from "../../src/layers/registry.ts";
import { allNodes } from "../../src/model/walk.ts";
import { load as loadModel } from "../../src/node.ts";
import { whyRefused } from "../../src/layers/refused.ts";
import { fixtures, FIXTURES, loadFixture } from "../support/fixtures.ts";

const isOperation = (def: AnyDef): boolean => /(^|\.)ops(\.|$)/.test(def.module ?? "");
const namesOf = (defs: readonly AnyDef[]): string[] => defs.flatMap((def) => [def.class, ...(def.names ?? [])]);
/** What needs no family. */
const ALWAYS = ["Functional", "InputLayer", "Model", "Sequential"];
const load = async (families: Iterable<string>): Promise<readonly AnyDef[]> =>
  (await Promise.all([...families].map((family) => FAMILIES[family]!.load()))).flatMap(declarationsIn);

describe("families", () => {
  it("have the names of their layers, and of all layers", async () => {
    const listed = Object.values(FAMILIES).flatMap(({ names }) => names.split(" "));
    const layers = LAYERS.filter((def) => !isOperation(def));
    expect([...listed].sort()).toEqual(
      namesOf(layers)
        .filter((name) => !ALWAYS.includes(name))
        .sort(),
    );
    for (const [family, { names }] of Object.entries(FAMILIES))
      expect(namesOf(await load([family]))).toEqual(expect.arrayContaining(names.split(" ")));
  });

  it("share names with operations as the table says", () => {
    const operations = new Set(namesOf(LAYERS.filter(isOperation)));
    const both = namesOf(LAYERS.filter((def) => !isOperation(def))).filter((name) => operations.has(name));
    expect([...ALSO_OPERATIONS].sort()).toEqual(both.sort());
  });

  it("that a config names have all that its model is made of", { timeout: 120_000 }, async () => {
    const missing: string[] = [];
    for (const fixture of ["layers", "models", "formats"].flatMap(fixtures)) {
      const model = await loadFixture(fixture).catch(() => null);
      const archive = model?.data.archive;
      if (model === null || !archive?.config) continue;
      const found = familiesIn(archive.config.root, EDITIONS[archive.semantics].trainableMarksLayers);
      const known = new Set(await load(found));
      for (const { def, class: name } of allNodes(model.data.root))
        if (def !== null && !known.has(def) && !ALWAYS.includes(def.class)) missing.push(`${fixture.name}: ${name}`);
      model.dispose();
    }
    expect(missing).toEqual([]);
  });
});

/** A model of one operation; `outputs`: which of its values it gives. */
function ofOperation(className: string, module: string, config: object, outputs: readonly number[]): Uint8Array {
  const input = { name: "x", batch_shape: [null, 3, 3], dtype: "float32" };
  const x = { class_name: "__keras_tensor__", config: { shape: [null, 3, 3], dtype: "float32", keras_history: ["x", 0, 0] } }; // prettier-ignore
  const layers = [
    { module: "keras.layers", class_name: "InputLayer", config: input, registered_name: null, name: "x", inbound_nodes: [] },
    { module, class_name: className, config: { name: "op", ...config }, registered_name: className, name: "op", inbound_nodes: [{ args: [x], kwargs: {} }] },
  ]; // prettier-ignore
  const model = { name: "m", trainable: true, layers, input_layers: [["x", 0, 0]], output_layers: outputs.map((i) => ["op", 0, i]) }; // prettier-ignore
  return new TextEncoder().encode(JSON.stringify({ module: "keras", class_name: "Functional", config: model, registered_name: "Functional" })); // prettier-ignore
}

describe("what Keras has and is refused", () => {
  it("has a reason, which the model that has it tells", async () => {
    const keras = JSON.parse(readFileSync(join(FIXTURES, "keras-names.json"), "utf8")) as Record<"layers" | "operations", string[]>; // prettier-ignore
    const known = new Set(namesOf(LAYERS));
    const left = [...keras.layers, ...keras.operations].filter((name) => known.has(name) === (whyRefused(name) !== undefined)); // prettier-ignore
    expect(left).toEqual([]);
    const { problems } = await loadModel(ofOperation("Cond", "keras.src.ops.core", {}, [0]));
    expect(problems).toMatchObject([{ code: "unsupported/layer", message: expect.stringMatching(/Python code/) }]);
  });

  it("are vectors that are known up to their sign, where they are asked for", async () => {
    const x = { dtype: "float32", shape: [1, 3, 3], data: Float32Array.from([2, 9, 9, 0, 1, 9, 0, 0, 3]) } as const;
    for (const [name, config, values, vectors] of [
      ["Eigh", {}, 0, [1]],
      ["SVD", { full_matrices: true, compute_uv: true }, 1, [0, 2]],
    ] as const) {
      const model = await loadModel(ofOperation(name, "keras.src.ops.linalg", config, [values]));
      expect(await model.predict(x)).toMatchObject([{ shape: [1, 3] }]);
      for (const place of vectors) {
        const refused = await loadModel(ofOperation(name, "keras.src.ops.linalg", config, [place]));
        await expect(async () => refused.predict(x)).rejects.toMatchObject({ code: "unsupported/unknown-input" });
      }
    }
  });
});

it("an index alone is a sample of one: as Keras encodes it", async () => {
  const input = { name: "x", batch_shape: [], dtype: "int64" };
  const x = { class_name: "__keras_tensor__", config: { shape: [], dtype: "int64", keras_history: ["x", 0, 0] } };
  const own = { name: "y", trainable: true, dtype: "float32", num_tokens: 6, output_mode: "multi_hot" };
  const layers = [
    { module: "keras.layers", class_name: "InputLayer", config: input, registered_name: null, name: "x", inbound_nodes: [] },
    { module: "keras.layers", class_name: "CategoryEncoding", config: own, registered_name: null, name: "y", inbound_nodes: [{ args: [x], kwargs: {} }] },
  ]; // prettier-ignore
  const config = { name: "m", trainable: true, layers, input_layers: [["x", 0, 0]], output_layers: [["y", 0, 0]] };
  const text = JSON.stringify({ module: "keras", class_name: "Functional", config, registered_name: "Functional" });
  const model = await loadModel(new TextEncoder().encode(text));
  const [y] = await model.predict({ dtype: "int64", shape: [], data: BigInt64Array.of(4n) });
  expect([...y!.data].map(Number)).toEqual([0, 0, 0, 0, 1, 0]);
});
