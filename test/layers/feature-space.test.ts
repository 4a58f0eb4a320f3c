/**
 * A FeatureSpace is a model (`fixtures/layers/text/features*`, which the contract computes): rows alone are enough, its file
 * is written back with the vocabularies beside its config, and no other generation's language has it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { convert } from "../../src/index.ts";
import { load } from "../../src/node.ts";
import { FIXTURES } from "../support/fixtures.ts";

const file = (name: string): string => join(FIXTURES, `layers/text/${name}/model.keras`);

describe("a FeatureSpace", () => {
  it("takes [batch] as it takes [batch, 1]", async () => {
    const model = await load(file("features_joined"));
    const rows = { B: ["a"], d: [1], f: [1], h: ["a"], i: [1], k: [2], n: [1], r: [2], s: ["b"] };
    const columns = Object.fromEntries(Object.entries(rows).map(([name, value]) => [name, [value]]));
    const [a, b] = [await model.predict(rows), await model.predict(columns)];
    expect(a).toEqual(b);
  });

  it.each(["features", "features_joined", "features_model", "learned"])(
    "is written back with what it has learned: %s",
    async (name) => {
      const bytes = new Uint8Array(readFileSync(file(name)));
      expect(await convert(bytes, "m.keras", {})).toMatchObject({ verified: true, changed: [] });
    },
  );

  it.each(["features", "tfk_features"])("stays in its own dialect: %s", async (name) => {
    const bytes = new Uint8Array(readFileSync(file(name)));
    const dialect = name === "features" ? "keras2" : "keras3";
    await expect(convert(bytes, "m.h5", { dialect })).rejects.toMatchObject({
      code: "unsupported/translation",
    });
  });
});
