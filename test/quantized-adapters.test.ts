/**
 * Low-rank adapters beside quantised arrays: Keras's numbers (quantized-adapters.json, made by quantized_adapters.py) and its
 * names in `.h5`, which alone of its formats has them.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { DType } from "../src/core/dtype.ts";
import { convert, load, save, tensor } from "../src/index.ts";

interface Values {
  readonly dtype: Exclude<DType, "string">;
  readonly shape: readonly number[];
  readonly values: number[];
}
interface Case {
  readonly config: string;
  readonly names: readonly string[];
  readonly weights: Readonly<Record<string, Values>>;
  readonly x: Values;
  readonly y: Values;
}
const cases = JSON.parse(readFileSync(new URL("quantized-adapters.json", import.meta.url), "utf8")) as Readonly<Record<string, Case>>; // prettier-ignore
const array = ({ dtype, shape, values }: Values) => tensor(values, shape, dtype);

async function made({ config, weights }: Case) {
  const model = await load(new TextEncoder().encode(config));
  await model.setWeights(model.weights.map(({ name }) => array(weights[name]!)));
  return model;
}

describe.each(Object.entries(cases))("%s", (_name, told) => {
  it.each(["wasm", "reference"] as const)("as Keras: %s", async (backend) => {
    const [y] = await (await made(told)).predict([array(told.x)], { backend });
    const error = Math.max(...told.y.values.map((v, i) => Math.abs(v - Number(y!.data[i]))));
    expect(error).toBeLessThanOrEqual(1e-5 * Math.max(...told.y.values.map(Math.abs)));
  });

  it("goes to .h5 under Keras's names, and comes back", async () => {
    const model = await made(told);
    const bytes = [...(await save(model, { format: "keras-h5" })).values()][0]!;
    const text = Buffer.from(bytes).toString("latin1");
    const places = told.names.map((name) => text.indexOf(name));
    expect(places).not.toContain(-1);
    const again = await load(bytes);
    expect(again.problems).toEqual([]);
    expect(again.weights.map(({ name }) => name)).toEqual(model.weights.map(({ name }) => name));
    const [y, expected] = await Promise.all([again, model].map((one) => one.predict([array(told.x)])));
    expect(y).toEqual(expected);
    expect((await convert(bytes, "m.safetensors")).verified).toBe(true);
    await expect(convert(bytes, "m.keras")).rejects.toMatchObject({ code: "unsupported/translation" });
  });
});
