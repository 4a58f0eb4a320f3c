/** Layers are loaded by family: the table of their names against the declarations, and what configs need against what they get. */
import { describe, expect, it } from "vitest";
import { EDITIONS } from "../../src/formats/languages.ts";
import { LAYERS } from "../../src/layers/all.ts";
import type { AnyDef } from "../../src/layers/define.ts";
import { ALSO_OPERATIONS, FAMILIES } from "../../src/layers/families.ts";
import { declarationsIn, familiesIn } from "../../src/layers/registry.ts";
import { allNodes } from "../../src/model/walk.ts";
import { fixtures, loadFixture } from "../support/fixtures.ts";

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
