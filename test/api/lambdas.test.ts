/** What `inspect` says of Lambdas: their code is read and never run, and what it guesses computes what Keras computed. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { readCode } from "../../src/codecs/python/marshal.ts";
import { inspectModel } from "../../src/api/inspect.ts";
import type { CustomFunction, LoadOptions } from "../../src/index.ts";
import { load } from "../../src/node.ts";

interface Table {
  readonly x: readonly number[];
  readonly code: { readonly [python: string]: { readonly [source: string]: string } };
  readonly outputs: { readonly [source: string]: readonly number[] };
}
const TABLE = JSON.parse(gunzipSync(readFileSync("fixtures/custom/lambdas.json.gz")).toString()) as Table;

/** A model of one Lambda, as Keras 3 or a Keras before it writes it. */
async function withLambda(config: object, isOld: boolean, options: LoadOptions = {}) {
  const input = { class_name: "InputLayer", name: "i", inbound_nodes: [] };
  const shape = isOld ? { batch_input_shape: [null, 5, 4] } : { batch_shape: [null, 5, 4] };
  const history = ["i", 0, 0];
  const tensor = { class_name: "__keras_tensor__", config: { keras_history: history } };
  const nodes = isOld ? [[[...history, {}]]] : [{ args: [tensor], kwargs: {} }];
  const layer = { class_name: "Lambda", config: { name: "f", ...config }, name: "f", inbound_nodes: nodes };
  const layers = [{ ...input, config: { name: "i", dtype: "float32", ...shape } }, layer];
  const model = { layers, name: "m", input_layers: [history], output_layers: [["f", 0, 0]] };
  const version = isOld
    ? { keras_version: "2.15.0", backend: "tensorflow" }
    : { module: "keras.src.models.functional" };
  const text = JSON.stringify({ class_name: "Functional", config: model, ...version });
  return load(new TextEncoder().encode(text), options);
}

const rows = Object.entries(TABLE.code).flatMap(([python, codes]) =>
  Object.entries(codes).flatMap(([source, code]) => [true, false].map((isOld) => ({ python, source, code, isOld }))),
);
const storedAs = (code: string, isOld: boolean): object => ({
  function: isOld
    ? [`${code.slice(0, 76)}\n${code.slice(76)}\n`, [3], null]
    : { class_name: "__lambda__", config: { code, defaults: [3], closure: null } },
  arguments: { k: 2 },
});

it.each(rows)("Python $python, old $isOld: $source", async ({ source, code, isOld }) => {
  const found = inspectModel(await withLambda(storedAs(code, isOld), isOld)).layers.at(-1)!.lambda!;
  expect(found).toMatchObject({ functionName: "<lambda>", arguments: { k: 2 } });
  expect(found.code).toMatchObject({ from: "m.py:1" });
  const outputs = TABLE.outputs[source];
  if (outputs === undefined) {
    expect(found.guess).toBe(null);
    if (!source.includes("if")) expect(`lambda x: ${found.code!.text}`).toBe(source);
    return;
  }
  const shown = `lambda ${found.code!.parameters.join(", ")}: ${found.code!.text}`;
  expect(shown).toBe(source.replace("n=3", "n"));
  const module = `data:text/javascript,export default ${encodeURIComponent(found.guess!)}`;
  const { default: guess } = (await import(/* @vite-ignore */ module)) as { default: CustomFunction };
  const model = await withLambda(storedAs(code, isOld), isOld, { lambdas: { f: guess } });
  const [y] = await model.predict(Float32Array.from(TABLE.x));
  expect(y.data.length).toBe(outputs.length);
  outputs.forEach((value, i) =>
    expect(Math.abs(y.data[i]! - value)).toBeLessThanOrEqual(1e-6 * Math.abs(value) + 1e-6),
  );
});

it("several inputs, and functions by name", async () => {
  const model = await load("fixtures/custom/model.keras");
  const all = inspectModel(model).layers.flatMap(({ name, lambda }) =>
    lambda === undefined ? [] : [[name, lambda.guess]],
  );
  expect(Object.fromEntries(all)).toMatchObject({ pair: "(op, x) => op.multiply(x[0], x[1])" });
  const named = await withLambda({ function: "halve", function_type: "function", output_shape: [4] }, true);
  expect(inspectModel(named).layers.at(-1)!.lambda).toEqual({ functionName: "halve", arguments: null, outputShape: [4], code: null, guess: null }); // prettier-ignore
});

it("bytes that are no code, cut, long or nested are never understood, nor costly", async () => {
  const whole = Buffer.from(TABLE.code["3.11"]!["lambda x: K.mean(x, axis=1)"]!, "base64");
  for (let length = 0; length < whole.length; length++) expect(readCode(whole.subarray(0, length))).toBe(null);
  for (let i = 0; i < whole.length; i++)
    for (const bit of [1, 16, 128]) {
      const changed = Uint8Array.from(whole);
      changed[i]! ^= bit;
      expect(() => readCode(changed)).not.toThrow();
    }
  expect(readCode(new Uint8Array(1 << 17).fill(0x29))).toBe(null);
  expect(readCode(Uint8Array.from({ length: 60_000 }, (_, i) => (i % 2 === 0 ? 0x29 : 255)))).toBe(null);
  const text = { function: { class_name: "__lambda__", config: { code: "not base64 …" } } };
  expect(inspectModel(await withLambda(text, false)).layers.at(-1)!.lambda).toMatchObject({ code: null, guess: null });
});
