/** Whatever README lists as supported occurs in a fixture that real Keras wrote and that runs; every declaration is registered. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import type { AnyDef } from "../src/layers/define.ts";
import { LAYERS } from "../src/layers/all.ts";
import { ROOT } from "./source-files.ts";
import { withoutEvidence } from "./support/evidence.ts";

const ALIAS = "one class with two names: Keras writes the class's own, the other occurs in configs written by hand";
const TENSORFLOW_1 = "written by TensorFlow 1.13 to 1.15, which no Python of today installs";

/** Names that stand in files that real Keras wrote, kept beside the test that runs them. */
const BESIDE = new Set(
  ["premade-models.json", "layers/fake-quantization.json"].flatMap((name) =>
    [...readFileSync(join(ROOT, "test", name), "utf8").matchAll(/class_name\\?": \\?"([^"\\]+)/g)].map(
      ([, found]) => found!,
    ),
  ),
);

/** Names without a fixture, each with its reason. */
const EXEMPT: { readonly [name: string]: string } = {
  UnifiedLSTM: TENSORFLOW_1,
  UnifiedGRU: TENSORFLOW_1,
  Convolution1DTranspose: ALIAS,
  Convolution2DTranspose: ALIAS,
  Convolution3DTranspose: ALIAS,
  SeparableConvolution2D: "Keras 1 computes it on TensorFlow 0.12 only, which no Python of today installs",
  AvgPool1D: ALIAS,
  AvgPool2D: ALIAS,
  AvgPool3D: ALIAS,
  GlobalAvgPool1D: ALIAS,
  GlobalAvgPool2D: ALIAS,
  GlobalAvgPool3D: ALIAS,
  GlobalMaxPool1D: ALIAS,
  GlobalMaxPool2D: ALIAS,
  GlobalMaxPool3D: ALIAS,
  MaxPool1D: ALIAS,
  MaxPool2D: ALIAS,
  MaxPool3D: ALIAS,
  BatchNormalizationV1: TENSORFLOW_1,
  BatchNormalizationV2: TENSORFLOW_1,
  "Custom>SharpnessAwareMinimization": "what .h5 calls the class",
};

async function missing(wanted: readonly string[]): Promise<readonly string[]> {
  let left: readonly string[] = wanted;
  for (const part of ["formats", "layers", "models"])
    left = await withoutEvidence(left, (node) => [node.class], { part });
  return left;
}

it("every layer, operation and old name that is not exempt", { timeout: 120_000 }, async () => {
  const names = LAYERS.flatMap((def) => [def.class, ...(def.names ?? [])]);
  const left = await missing([...new Set(names)].filter((name) => !BESIDE.has(name)));
  expect(left.toSorted()).toEqual(Object.keys(EXEMPT).toSorted());
});

it("every layer that a file of src/layers declares is registered", async () => {
  const folders = readdirSync(join(ROOT, "src/layers"), { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && entry.name !== "common",
  );
  const files = folders.flatMap(({ name }) =>
    readdirSync(join(ROOT, "src/layers", name), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(ROOT, "src/layers", name, entry.name)),
  );
  const declared = (
    await Promise.all(
      files.map(async (file) => Object.values((await import(pathToFileURL(file).href)) as Record<string, unknown>)),
    )
  ).flat(2);
  const isDef = (value: unknown): value is AnyDef =>
    typeof value === "object" && value !== null && "class" in value && "config" in value && "kind" in value;
  const defs = declared.filter(isDef);
  expect(defs.length).toBeGreaterThanOrEqual(LAYERS.length);
  expect(defs.filter((def) => !LAYERS.includes(def)).map((def) => def.class)).toEqual([]);
});
