/** Layers under one `shared_object_id`, dtypes that are none, states of other rows, arrays among those of unknown layers: refused by name. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { load } from "../../src/node.ts";
import { ruleOf } from "../../src/ops/index.ts";
import { FIXTURES } from "../support/fixtures.ts";

const encoder = new TextEncoder();
type Json = Record<string, unknown>;

/** A Sequential over x[B, 2, 3], its weights not given. */
const sequential = (...inner: readonly object[]): Uint8Array =>
  encoder.encode(
    JSON.stringify({
      module: "keras",
      class_name: "Sequential",
      config: {
        name: "s",
        layers: [
          { module: "keras.layers", class_name: "InputLayer", config: { name: "i", batch_shape: [null, 2, 3], dtype: "float32" } }, // prettier-ignore
          ...inner,
        ],
      },
    }),
  );
const of = (class_name: string, config: Json, more: Json = {}): object => ({
  module: "keras.layers",
  class_name,
  config: { trainable: true, dtype: "float32", ...config },
  ...more,
});
const shared = { shared_object_id: 5 };

describe("one shared_object_id", () => {
  it.each([
    ["two classes", of("Dense", { name: "d", units: 3 }, shared), of("ReLU", { name: "r" }, shared)],
    ["two configs", of("Dense", { name: "d", units: 3 }, shared), of("Dense", { name: "d", units: 4 }, shared)],
    ["two names", of("Dense", { name: "d", units: 3 }, shared), of("Dense", { name: "e", units: 3 }, shared)],
    ["inside a wrapper", of("Dense", { name: "d", units: 3 }, shared), of("TimeDistributed", { name: "t", layer: of("Dense", { name: "d", units: 4 }, shared) })], // prettier-ignore
  ])("%s", async (_, a, b) => {
    await expect(load(sequential(a, b))).rejects.toThrow(
      /malformed\/config\] .*d: expected one layer.* shared_object_id/,
    );
  });
  it("the same layer twice is one", async () => {
    const dense = of("Dense", { name: "d", units: 3 }, shared);
    const td = of("TimeDistributed", { name: "t", layer: dense });
    expect((await load(sequential(dense, td))).weights).toHaveLength(2);
  });
});

describe("dtype of a layer", () => {
  const refused = ["int8", "bool", "nonsense", 5, [], {}, true, { module: "m", class_name: "MyPolicy", config: {} }]; // prettier-ignore
  it.each(refused)("Dense %j", async (dtype) => {
    const text = sequential(of("Dense", { name: "d", units: 3, dtype }));
    const said = await load(text).then(
      (model) => model.problems.map(({ code, path }) => `${code} ${path}`).join(),
      (error: Error) => error.message,
    );
    expect(said).toMatch(/(unsupported\/(dtype-policy|layer)|malformed\/config\]?) .*d\b/);
  });
  it.each(["float72", 5, [], {}])("InputLayer %j", async (dtype) => {
    const inner = { class_name: "InputLayer", module: "keras.layers", config: { name: "j", batch_shape: [null, 2, 3], dtype } }; // prettier-ignore
    const text = sequential({ module: "keras", class_name: "Sequential", config: { name: "n", layers: [inner, of("ReLU", { name: "r" })] } }); // prettier-ignore
    await expect(load(text)).rejects.toThrow(/malformed\/config\] .*j\.dtype/);
  });
  it("a nested InputLayer of strings cannot run", async () => {
    const inner = { class_name: "InputLayer", module: "keras.layers", config: { name: "j", batch_shape: [null, 2, 3], dtype: "string" } }; // prettier-ignore
    const text = sequential({ module: "keras", class_name: "Sequential", config: { name: "n", layers: [inner, of("ReLU", { name: "r" })] } }); // prettier-ignore
    const { problems } = await load(text);
    expect(problems).toEqual([expect.objectContaining({ code: "unsupported/layer", path: "n" })]);
    expect(problems[0]!.message).toMatch(/unsupported\/dtype/);
  });
});

it("a cell's two states have one shape, whoever computes it", () => {
  const x = { x: [2, 3], h: [2, 4], kernel: [3, 16], recurrent: [4, 16], bias: null };
  const shape = (c: readonly number[]): unknown => ruleOf("lstmCell").shape({ ...x, c }, {});
  expect(shape([2, 4])).toEqual({ h: [2, 4], c: [2, 4] });
  for (const c of [[1, 4], [2, 1], [4]]) expect(() => shape(c)).toThrow(/mismatch\/shape\] lstmCell: .*c of the shape/);
});

it("layers whose arrays stand among those of an unknown one cannot run", async () => {
  const folder = join(FIXTURES, "models/tfk_siamese_apart");
  const text = readFileSync(join(folder, "model.json"), "utf8");
  const at = text.lastIndexOf('"Dense"', text.indexOf('"name": "code"'));
  const edited = encoder.encode(`${text.slice(0, at)}""${text.slice(at + 7)}`);
  const { problems } = await load(edited, { weights: join(folder, "model_weights.h5") });
  expect(problems[0]).toMatchObject({ code: "unsupported/layer", path: "tower/code" });
  expect(problems.every(({ code }) => code === "unsupported/layer")).toBe(true);
});
