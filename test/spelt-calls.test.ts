/** Calls that the other generation has no word for, written in several: what they answer is what Keras answers (`spelt_calls.py`). */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { type DType, load, save, tensor } from "../src/node.ts";

type Numbers = readonly [dtype: DType, shape: readonly number[], values: readonly number[]];
type Row = readonly [python: string, config: string, inputs: readonly Numbers[], answer: Numbers];

const ROWS = JSON.parse(readFileSync(new URL("spelt-calls.json", import.meta.url), "utf8")) as readonly Row[];
const folder = mkdtempSync(join(tmpdir(), "keraport-spelt-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What needs lengths that the call alone decides, or a loop. */
const REFUSED = new Set(["ops.median(x, axis=1)"]);

it.each(ROWS)("%s", async (python, config, inputs, [dtype, shape, values]) => {
  const model = await load(new TextEncoder().encode(config));
  const dialect = config.includes(`"class_name":"__keras_tensor__"`) ? "keras2" : "keras3";
  const path = join(folder, "model.json");
  const written = save(model, path, { dialect, force: true });
  if (REFUSED.has(python)) return expect(written).rejects.toThrow("unsupported/translation");
  await written;
  const classes = [...readFileSync(path, "utf8").matchAll(/"class_name": ?"(\w+)"/g)].map(([, name]) => name);
  expect(classes.includes("TFOpLambda") || classes.includes("SlicingOpLambda")).toBe(dialect === "keras2");
  const other = await load(path);
  const x = inputs.map(([type, sizes, numbers]) => tensor(numbers as number[], sizes, type));
  for (const one of [model, other]) {
    const [y] = await one.predict(x);
    expect([y!.dtype, y!.shape]).toEqual([dtype, shape]);
    const largest = Math.max(...values.map(Math.abs), 0);
    [...(y!.data as Float32Array)].forEach((n, at) =>
      expect(Math.abs(Number(n) - values[at]!), `${at}`).toBeLessThanOrEqual(1e-6 + 1e-5 * largest),
    );
  }
  return undefined;
});
