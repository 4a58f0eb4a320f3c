/** README's table of TensorFlow.js: what its right column says, done with the library itself, cell by cell. */
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import * as keraport from "../src/node.ts";
import { tfLayers } from "./support/tfjs.ts";
import { ROOT } from "./source-files.ts";

type Loose = Record<string, (...args: unknown[]) => unknown>;
interface Value {
  readonly shape: readonly number[];
  array(): Promise<number[][]>;
  dispose(): void;
}
interface Net {
  readonly inputs: readonly unknown[];
  getLayer(name: string): { readonly output: unknown; getWeights(): Value[]; setWeights(values: unknown[]): void };
  predict(x: unknown): Value;
}
const core = createRequire(import.meta.url)("@tensorflow/tfjs-core") as Loose & {
  memory(): { numTensors: number };
  tidy<T>(run: () => T): T;
  io: Loose;
  serialization: { registerClass(cls: object): void };
};
const lib = tfLayers as unknown as { sequential(config: object): Net; model(config: object): Net; layers: Loose };
const toolkit = lib as unknown as {
  loadLayersModel(handler: object): Promise<Net>;
  layers: { Layer: new () => object };
};

const net = (): Net =>
  lib.sequential({
    layers: [lib.layers["dense"]!({ name: "a", units: 4, inputShape: [3] }), lib.layers["dense"]!({ units: 2 })],
  });
const x = () => core["tensor"]!([[1, 2, 3]], [1, 3], "float32");

/** Each cell, by its row, and what shows that it is so. */
const CELLS: readonly (readonly [row: string, cell: RegExp, shows: () => Promise<void> | void])[] = [
  ["read an output", /await y\.array\(\)`, then `dispose/, async () => {
    const model = net();
    const input = x();
    const before = core.memory().numTensors;
    const y = model.predict(input);
    expect(await y.array()).toHaveLength(1);
    expect(core.memory().numTensors).toBe(before + 1);
    y.dispose();
    expect(core.memory().numTensors).toBe(before);
  }],
  ["one layer's output", /a second `tf\.model`/, () => {
    const model = net();
    const part = lib.model({ inputs: model.inputs, outputs: model.getLayer("a").output });
    expect(part.predict(x()).shape).toEqual([1, 4]);
  }],
  ["set one layer's weights", /getLayer\("a"\)\.setWeights/, async () => {
    const model = net();
    const [kernel, bias] = model.getLayer("a").getWeights();
    model.getLayer("a").setWeights([kernel, core["ones"]!(bias!.shape)]);
    expect(await model.getLayer("a").getWeights()[1]!.array()).toEqual([1, 1, 1, 1]);
  }],
  ["a step a call", /stateful model, in `tidy`/, () => {
    const model = lib.sequential({
      layers: [lib.layers["lstm"]!({ units: 2, stateful: true, recurrentInitializer: "glorotUniform", batchInputShape: [1, 1, 3] })],
    });
    const step = () => core.tidy(() => (model.predict(core["ones"]!([1, 1, 3])) as unknown as { dataSync(): Float32Array }).dataSync());
    expect([...step()]).not.toEqual([...step()]);
  }],
  ["a custom layer", /a class, `registerClass`/, async () => {
    class Centre extends toolkit.layers.Layer {
      static className = "Centre";
      call(inputs: unknown[]) {
        return core["sub"]!(inputs[0], core["mean"]!(inputs[0], -1, true));
      }
    }
    core.serialization.registerClass(Centre);
    const config = { class_name: "Sequential", config: { name: "m", layers: [
      { class_name: "Centre", config: { name: "c", batch_input_shape: [null, 3] } }] } };
    const model = await toolkit.loadLayersModel({ load: async () => ({ modelTopology: config }) });
    expect(await model.predict(x()).array()).toEqual([[-1, 0, 1]]);
  }],
  ["a Lambda replaced", /registered as `Lambda`/, async () => {
    class Lambda extends toolkit.layers.Layer {
      static className = "Lambda";
      call(inputs: unknown[]) {
        return core["mul"]!(inputs[0], 2);
      }
    }
    const config = { class_name: "Sequential", config: { name: "m", layers: [
      { class_name: "Lambda", config: { name: "l", batch_input_shape: [null, 3] } }] } };
    const load = () => toolkit.loadLayersModel({ load: async () => ({ modelTopology: config }) });
    await expect(load()).rejects.toThrow(/Lambda/);
    core.serialization.registerClass(Lambda);
    expect(await (await load()).predict(x()).array()).toEqual([[2, 4, 6]]);
  }],
  ["padded sequences", /your own code, masks/, () => {
    expect(Object.keys(lib).filter((name) => /pad_?seq/i.test(name))).toEqual([]);
    expect(lib.layers["masking"]).toBeDefined();
  }],
  ["parity in CI", /your own code/, () => {
    expect(Object.keys(lib).filter((name) => /verify|match/i.test(name))).toEqual([]);
  }],
]; // prettier-ignore

it.each(CELLS)("%s", async (row, cell, shows) => {
  const line = readFileSync(join(ROOT, "README.md"), "utf8").split("\n").find((one) => one.startsWith(`| ${row} `)); // prettier-ignore
  expect(line?.split("|")[3]).toMatch(cell);
  await shows();
});

it("keraport has every name of the left column", () => {
  const left = readFileSync(join(ROOT, "README.md"), "utf8").split("\n").filter((line) => /^\| [a-z].*\|.*\|.*\|$/.test(line)); // prettier-ignore
  for (const name of ["load", "Model", "edit", "padSequences", "saveToIndexedDb", "defineLayer", "verify"]) {
    expect(
      left.some((line) => line.split("|")[2]!.includes(name)),
      name,
    ).toBe(true);
    expect(keraport).toHaveProperty(name);
  }
});
