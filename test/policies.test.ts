/**
 * Float policies: refused by the layers' names, or run in float32 where that is asked for, and told. What Keras gives under
 * float32 is met as always, what it gives under the policies themselves within the rounding of half precision.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FormatError } from "../src/core/error.ts";
import { convert } from "../src/index.ts";
import { layers, load, verify } from "../src/node.ts";
import { htmlReport } from "../src/verify/html.ts";
import { plainReport } from "../src/verify/report.ts";
import { textReport } from "../src/verify/text.ts";
import { difference, filesOf, fixtures, valuesOf } from "./support/fixtures.ts";

const PLAIN = { bold: String, red: String, green: String, dim: String };

describe.each(fixtures("policies").map((fixture) => [fixture.name, fixture] as const))("%s", (_, fixture) => {
  const { model: file } = filesOf(fixture);

  it("is refused, each layer by name", async () => {
    const model = await load(file);
    const found = new Set(model.problems.map((problem) => problem.found));
    for (const policy of ["mixed_float16", "mixed_bfloat16", "float16", "float64"]) expect(found).toContain(policy);
    for (const { code, path } of model.problems) expect([code, path]).toEqual(["unsupported/dtype-policy", path]);
    const [x] = [(await valuesOf(fixture)).get("inputs/0")!];
    await expect(model.predict(x)).rejects.toMatchObject({ code: "unsupported/dtype-policy" });
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

  it("is written for another generation, and what was not compared is said", async () => {
    const { data } = await load(file);
    const from = data.archive!.dialect;
    const to = from === "keras3" ? "keras2" : "keras3";
    const own = await convert(new Uint8Array(readFileSync(file)), "m.h5", { dialect: from });
    expect(own.verified).toBe(true);
    const { verified, checks } = await convert(new Uint8Array(readFileSync(file)), "m.h5", { dialect: to });
    expect(verified).toBe("structure");
    expect(checks.slice(1)).toEqual([
      expect.stringMatching(/one by one, on the same weights, computed in float32$/),
      "not compared: what they compute under the layers' own dtype policy",
    ]);
  });
});

describe("policies", () => {
  it("of layers made in code are refused", () => {
    for (const dtype of ["mixed_float16", "float16", "float64", "float72"])
      expect(() => layers.dense({ units: 2, inputShape: [3], dtype: dtype as "float32" }), dtype).toThrow(FormatError);
    expect(layers.embedding({ inputDim: 3, outputDim: 2, inputShape: [3], dtype: "int32" }).inputDType).toBe("int32");
  });

  it("other than float32 are not asked for", async () => {
    const [fixture] = fixtures("policies");
    const { model } = filesOf(fixture!);
    await expect(load(model, { compute: "float16" as "float32" })).rejects.toMatchObject({ code: "mismatch/option" });
  });
});
