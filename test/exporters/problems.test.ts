/** Models that cannot run, or not yet, in every format: written, or refused as `predict` refuses them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FormatError, type Problem } from "../../src/core/error.ts";
import { EXPORTERS } from "../../src/exporters/index.ts";
import { convert, load, type Model, save } from "../../src/index.ts";
import { filesOf, FIXTURES, fixtures } from "../support/fixtures.ts";

const json = (...layers: readonly object[]): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({
      class_name: "Sequential",
      keras_version: "2.15.0",
      config: { name: "s", layers: layers.map((layer, i) => ({ name: `l${i}`, ...layer })) },
    }),
  );
const first = { batch_input_shape: [null, 3], dtype: "float32" };

const CASES: Readonly<Record<string, Uint8Array>> = {
  ...Object.fromEntries(
    fixtures("layers")
      .filter(({ name }) => name.startsWith("layers/unknown/"))
      .map(({ name, folder }) => [name, new Uint8Array(readFileSync(filesOf({ name, folder }).model))]),
  ),
  "an unknown layer": json({ class_name: "Mine", config: { name: "l0", ...first } }),
  "a Lambda": json({
    class_name: "Lambda",
    config: { name: "l0", ...first, function: "f", function_type: "function" },
  }),
  "a layer that cannot run": json({
    class_name: "Dense",
    config: { name: "l0", ...first, units: 2, activation: "mine" },
  }),
  "no weights": json({ class_name: "Dense", config: { name: "l0", ...first, units: 2 } }),
  "no shape": json({ class_name: "ReLU", config: { name: "l0" } }),
  "weights without an architecture": new Uint8Array(
    readFileSync(join(FIXTURES, "models/stacked_lstm_apart/model.weights.h5")),
  ),
};

/** What a call says; untyped errors and `internal/error` fail the test. */
async function refusal(call: () => Promise<unknown>): Promise<readonly Problem[] | null> {
  try {
    await call();
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    const { problems } = error as FormatError;
    expect(problems.filter(({ code }) => code.startsWith("internal/"))).toEqual([]);
    return problems;
  }
}

describe.each(Object.entries(CASES))("%s", (_, bytes) => {
  it.each(EXPORTERS.map((row) => [row.id, row] as const))("as %s", async (format, row) => {
    const model: Model = await load(bytes);
    const { problems } = model;
    const saved = await refusal(() => save(model, { format }));
    const converted = await refusal(() => convert(bytes, `m${row.extensions[0]!}`, { format }));
    expect(converted).toEqual(saved);
    if (row.from === "graph" && problems.length > 0) expect(saved).toEqual(problems);
    model.dispose();
  });
});
