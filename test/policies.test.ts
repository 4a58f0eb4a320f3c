/**
 * Files with float policies: computed under them (layer by layer in test/layer-policies.test.ts), or in float32 where that is
 * asked for, and told. What Keras gives under float32 is met as always, what it gives under the policies themselves within
 * the rounding of half precision.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FormatError } from "../src/core/error.ts";
import { convert } from "../src/index.ts";
import { layers, load, save, Sequential, verify } from "../src/node.ts";
import { htmlReport } from "../src/verify/html.ts";
import { plainReport } from "../src/verify/report.ts";
import { textReport } from "../src/verify/text.ts";
import { difference, filesOf, fixtures, valuesOf } from "./support/fixtures.ts";

const PLAIN = { bold: String, red: String, green: String, dim: String };

const FLOATS = fixtures("policies").filter(({ name }) => !name.endsWith("quantized"));

describe.each(FLOATS.map((fixture) => [fixture.name, fixture] as const))("%s", (_, fixture) => {
  const { model: file } = filesOf(fixture);

  it("is computed as Keras computes it", async () => {
    const model = await load(file);
    expect(model.problems).toEqual([]);
    const values = await valuesOf(fixture);
    for (const backend of ["wasm", "reference"] as const) {
      const outputs = await model.predict(values.get("inputs/0")!, { backend });
      outputs.forEach((y, i) => {
        const limit = model.outputs[i]!.name.includes("bfloat16") ? 1.5e-3 : 5e-4;
        expect(difference(y, values.get(`keras/${i}`)!).error).toBeLessThanOrEqual(limit);
      });
    }
  });

  it("runs in float32 where that is asked for", async () => {
    const model = await load(file, { compute: "float32" });
    expect(model.problems).toEqual([]);
    const told = model.warnings.filter(({ code }) => code === "unsupported/dtype-policy");
    expect(told.map(({ found }) => found)).toContain("mixed_bfloat16");
    const report = await verify(model, join(fixture.folder, "io.npz"));
    expect(report.ok).toBe(true);
    for (const text of [textReport(report, PLAIN), htmlReport([report]), JSON.stringify(plainReport(report))])
      expect(text).toContain("policy mixed_float16, computed in float32");
    const values = await valuesOf(fixture);
    const outputs = await model.predict(values.get("inputs/0")!);
    outputs.forEach((y, i) => {
      const limit = model.outputs[i]!.name.includes("bfloat16") ? 1.5e-3 : 5e-4;
      expect(difference(y, values.get(`keras/${i}`)!).error).toBeLessThanOrEqual(limit);
    });
  });

  it("is written for another generation", async () => {
    const { data } = await load(file);
    for (const dialect of ["keras2", "keras3"] as const) {
      const { verified } = await convert(new Uint8Array(readFileSync(file)), "m.h5", { dialect });
      expect([data.archive!.dialect, dialect, verified]).toEqual([data.archive!.dialect, dialect, true]);
    }
  });
});

describe("policies", () => {
  it("of layers made in code are those of Keras", async () => {
    expect(() => layers.dense({ units: 2, inputShape: [3], dtype: "float72" as "float32" })).toThrow(FormatError);
    for (const dtype of ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64"] as const) {
      const model = new Sequential();
      model.add(layers.dense({ units: 2, inputShape: [3], dtype }));
      const [given] = await model.predict([[1, 2, 3]]);
      expect(given.dtype).toBe(dtype.replace("mixed_", ""));
      const [bytes] = (await save(model, { format: "keras-v3" })).values();
      const [again] = await (await load(bytes!)).predict([[1, 2, 3]]);
      expect(again.data).toEqual(given.data);
    }
    expect(layers.embedding({ inputDim: 3, outputDim: 2, inputShape: [3], dtype: "int32" }).inputDType).toBe("int32");
  });

  it("other than float32 are not asked for", async () => {
    const [fixture] = fixtures("policies");
    const { model } = filesOf(fixture!);
    await expect(load(model, { compute: "float16" as "float32" })).rejects.toMatchObject({ code: "mismatch/option" });
  });
});

it.each(["float16", "float32", "int32", "mixed_float16", "Own"])(
  "a policy of the class %s is refused",
  async (name) => {
    const dtype = { module: "keras", class_name: name, config: { name: "float32" }, registered_name: null };
    const dense = { module: "keras.layers", class_name: "Dense", config: { name: "d", units: 2, dtype }, registered_name: null }; // prettier-ignore
    const input = { module: "keras.layers", class_name: "InputLayer", config: { batch_shape: [null, 3], name: "x" }, registered_name: null }; // prettier-ignore
    const config = { module: "keras", class_name: "Sequential", config: { name: "m", layers: [input, dense] }, registered_name: null }; // prettier-ignore
    const opened = load(new TextEncoder().encode(JSON.stringify(config)));
    const code = await opened.then(
      ({ problems }) => problems[0]!.code,
      (error: FormatError) => error.code,
    );
    expect(code).toBe(name === "Own" ? "unsupported/dtype-policy" : "malformed/config");
  },
);
