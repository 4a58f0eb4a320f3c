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

/** A model of tf-keras that calls one function of one input. */
const calling = (fn: string, kwargs: string, dtype: string, shape: readonly (number | null)[]): Uint8Array => {
  const input = { class_name: "InputLayer", config: { batch_input_shape: shape, dtype, name: "x" }, name: "x", inbound_nodes: [] }; // prettier-ignore
  const call = { class_name: "TFOpLambda", config: { name: "y", trainable: true, dtype: "float32", function: fn }, name: "y", inbound_nodes: [["x", 0, 0, "KWARGS"]] }; // prettier-ignore
  const config = { name: "m", trainable: true, layers: [input, call], input_layers: [["x", 0, 0]], output_layers: [["y", 0, 0]] }; // prettier-ignore
  const json = { class_name: "Functional", config, keras_version: "2.21.0", backend: "tensorflow" };
  return new TextEncoder().encode(JSON.stringify(json).replace('"KWARGS"', kwargs));
};

it("constants of half precision are numbers, not their bits", async () => {
  const model = await load(calling("nn.local_response_normalization", "{}", "float16", [null, 2, 2, 4]));
  const path = join(folder, "half.json");
  await save(model, path, { dialect: "keras3", force: true });
  const x = tensor(new Array<number>(16).fill(1), [1, 2, 2, 4], "float16");
  for (const one of [model, await load(path)])
    for (const n of (await one.predict(x))[0]!.toArray().flat(3) as number[]) expect(n).toBeCloseTo(0.4473, 3);
});

it("lengths of a sequence mask are whole numbers of 32 bits, whatever they come as", async () => {
  const model = await load(calling("sequence_mask", '{"maxlen": 200}', "int8", [null]));
  const [y] = await model.predict(tensor([3, 100], [2], "int8"));
  expect(Array.from<unknown>(y!.data).filter((n) => n !== 0)).toHaveLength(103);
});

it("a diagonal has the dtype of its matrix, a long sum of tensors or differences ends by name", async () => {
  const model = await load(calling("linalg.diag_part", '{"k": 1}', "int8", [null, 3, 3]));
  const [y] = await model.predict(tensor([0, 1, 2, 3, 4, 5, 6, 7, 8], [1, 3, 3], "int8"));
  expect([y!.dtype, y!.shape, [...y!.data]]).toEqual(["int8", [1, 2], [1, 5]]);
  const sum = new TextDecoder().decode(calling("math.add_n", "{}", "float32", [null, 3]));
  const long = sum.replace('[["x",0,0,{}]]', `[[${new Array(2000).fill('["x",0,0,{}]').join()}]]`);
  expect(long.length).toBeGreaterThan(20_000);
  const added = await load(new TextEncoder().encode(long));
  expect(added.problems).toEqual([]);
  await expect(save(added, join(folder, "long.json"), { dialect: "keras3", force: true })).rejects.toThrow("unsupported/"); // prettier-ignore
});

it("whole numbers beyond 2^53 are refused, of which JavaScript's have not all digits", async () => {
  const file = calling("math.add", '{"y": 9007199254740993}', "int64", [null, 3]);
  const { problems } = await load(file);
  expect(problems).toMatchObject([{ code: "unsupported/argument", expected: "whole numbers of less than 2^53" }]);
});

it("what would be large is not computed to be written", async () => {
  const model = await load(calling("sequence_mask", '{"maxlen": 2000000000}', "int32", [null]));
  await expect(save(model, join(folder, "large.json"), { dialect: "keras3" })).rejects.toThrow("unsupported/translation"); // prettier-ignore
});
