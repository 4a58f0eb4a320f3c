/** Options of layers that stand as activations: numbers, or refused; none is taken for its default. */
import { expect, it } from "vitest";
import { type FormatError, load } from "../../src/node.ts";

const LAYERS = { LeakyReLU: "negative_slope", ReLU: "threshold", ELU: "alpha", Softmax: "axis" } as const;

async function loaded(activation: string, config: object) {
  const layer = (class_name: string, options: object) => ({ module: "keras.layers", class_name, config: options });
  const layers = [
    layer("InputLayer", { name: "x", batch_shape: [null, 3], dtype: "float32" }),
    layer("Activation", { name: "a", activation: layer(activation, config) }),
  ];
  const text = JSON.stringify({ module: "keras", class_name: "Sequential", config: { name: "s", layers } });
  return load(new TextEncoder().encode(text));
}

const bad = Object.entries(LAYERS).flatMap(([name, option]) =>
  ["x", null, {}, ...(name === "Softmax" ? [] : [[1]])].map((value) => [name, option, value] as const),
);

it.each(bad)("%s with %s %j is refused", async (name, option, value) => {
  const error = await loaded(name, { [option]: value }).catch((e: unknown) => e as FormatError);
  expect(error).toMatchObject({ code: "malformed/config" });
  expect((error as FormatError).path).toContain(option);
});

it("what is given is used, what is not has its default", async () => {
  const run = async (name: string, config: object) => {
    const [y] = await (await loaded(name, config)).predict([[-1, 2, 3]]);
    return Array.from(y!.data as Float32Array);
  };
  expect((await run("LeakyReLU", { negative_slope: 0.5 }))[0]).toBe(-0.5);
  expect((await run("LeakyReLU", {}))[0]).toBeCloseTo(-0.3, 6);
  expect(await run("ReLU", { max_value: null })).toEqual([0, 2, 3]);
  expect(await run("ReLU", { max_value: 2.5 })).toEqual([0, 2, 2.5]);
  expect(await run("Softmax", { axis: [-1] })).toEqual(await run("Softmax", {}));
});
