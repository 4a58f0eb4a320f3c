/** What TensorFlow.js's layers have no words for: told, refused, or left as it is. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Tensor } from "../../src/core/tensor.ts";
import { HALF_STEP, storedEntry } from "../../src/exporters/tfjs-layers/manifest.ts";
import { convert, Input, layers, load, Model, save, Sequential, setRandomSeed } from "../../src/index.ts";
import { difference, filesOf, fixtures } from "../support/fixtures.ts";
import { ramp } from "../support/tensors.ts";
import { loadInTfjs, runInTfjs } from "../support/tfjs.ts";

const FORMAT = { format: "tfjs-layers" } as const;
const convertTo = (from: Uint8Array) => convert(from, "m.tfjs.json", FORMAT);

/** One operation of Keras's on an input. */
function operation(className: string, shape: readonly (number | null)[], args: readonly unknown[], dtype = "float32") {
  const value = { class_name: "__keras_tensor__", config: { shape, dtype, keras_history: ["x", 0, 0] } };
  const config = {
    name: "m",
    layers: [
      { class_name: "InputLayer", name: "x", config: { batch_shape: shape, dtype, name: "x" }, inbound_nodes: [] },
      {
        module: "keras.src.ops.numpy",
        class_name: className,
        name: "y",
        config: { name: "y" },
        inbound_nodes: [{ args: [value, ...args], kwargs: {} }],
      },
    ],
    input_layers: [["x", 0, 0]],
    output_layers: [["y", 0, 0]],
  };
  return new TextEncoder().encode(
    JSON.stringify({ module: "keras.src.models.functional", class_name: "Functional", config }),
  );
}
const tensor = (value: unknown, dtype: string) => ({ class_name: "__tensor__", config: { value, dtype } });
const slice = (start: number | null, stop: number | null) => ({ class_name: "__slice__", config: { start, stop, step: null } }); // prettier-ignore

/** How far TensorFlow.js is from the model, of its largest number. */
async function apart(model: Model, files: ReadonlyMap<string, Uint8Array>, x: Tensor): Promise<number> {
  const [expected, found] = [(await model.predict([x]))[0]!, runInTfjs(await loadInTfjs(files), [x])[0]!];
  const { error, magnitude } = difference(found, expected);
  return error / magnitude;
}

const NORMAL = {
  groupNormalization: () => layers.groupNormalization({ groups: 2 }),
  rmsNormalization: () => layers.rmsNormalization(),
  unitNormalization: () => layers.unitNormalization(),
};

describe("weights as", () => {
  it.each([
    ["uint8", "unitNormalization", 0.02],
    ["uint16", "rmsNormalization", 1e-3],
    ["float16", "unitNormalization", 2e-3],
    ["float16", "groupNormalization", 5e-3],
  ] as const)("%s leave what %s is made of", async (quantize, name, allowed) => {
    setRandomSeed(3);
    const dense = layers.dense({ units: 6, inputShape: [6] });
    const normal = NORMAL[name]();
    const model = new Sequential({ layers: [dense, normal] });
    const files = await save(model, { ...FORMAT, quantize });
    const [, json] = [...files].find(([file]) => file.endsWith(".json"))!;
    const { weightsManifest } = JSON.parse(new TextDecoder().decode(json)) as { weightsManifest: { weights: { name: string; quantization?: object }[] }[] }; // prettier-ignore
    const stored = weightsManifest[0]!.weights.filter(({ quantization }) => quantization !== undefined);
    expect(stored.map((weight) => weight.name)).toEqual([expect.stringMatching(/^dense\w*\/kernel$/)]);
    expect(await apart(model, files, ramp([3, 6]))).toBeLessThan(allowed);
    const [bytes] = (await save(model, { format: "keras-v3" })).values();
    const { verified, checks } = await convert(bytes!, "m.tfjs.json", { ...FORMAT, quantize });
    expect(verified).toBe("outputs");
    expect(checks).toContain("1 of them within half a step of the model's");
    expect(checks.at(-1)).toMatch(/^outputs on seeded inputs, of the same with whole weights/);
    const off = checks.map((line) => /rounded weights outputs are up to (\S+)/.exec(line)?.[1]).find((x) => x);
    expect(Number(off)).toBeGreaterThan(0);
    expect(Number(off)).toBeLessThan(allowed);
  });
});

it.each(["uint8", "uint16", "float16"] as const)("steps of %s are the nearest ones", async (form) => {
  for (let seed = 0; seed < 50; seed++) {
    const wide = 10 ** ((seed % 9) - 4);
    const data = Float32Array.from(ramp([40, 5]).data as Float32Array, (x, i) => (x + (seed % 3)) * wide * (i % 7 === seed % 7 ? 1 : 0.1)); // prettier-ignore
    const read = async () => ({ dtype: "float32", shape: [40, 5], data }) as const;
    const stored = await storedEntry({ name: "w", shape: [40, 5], isLearned: true, read } as never, form);
    expect(await stored.steps!()).toBeLessThanOrEqual(HALF_STEP);
    expect(await stored.steps!()).toBeGreaterThan(0.1);
  }
});

describe("a LayerNormalization", () => {
  it.each([[[1, 2]], [[1, 3]], [[-3, -2]], [[2, 3]], [[1]], [[1, 2, 3]]])("over %j", async (axis) => {
    setRandomSeed(7);
    const random = { class_name: "RandomNormal", config: { mean: 0, stddev: 1 } } as never;
    const options = { axis, gammaInitializer: random, betaInitializer: random, inputShape: [3, 4, 5] };
    const model = new Sequential({ layers: [layers.layerNormalization(options)] });
    expect(await apart(model, await save(model, FORMAT), ramp([2, 3, 4, 5]))).toBeLessThan(1e-5);
  });
});

describe("refused by name", () => {
  it.each([
    ["an update from a place in the batch", operation("SliceUpdate", [null, 5], [[0, 1], tensor([[1, 1]], "float32")])],
    ["a scatter into the batch", operation("ScatterUpdate", [null, 5], [tensor([[0, 1]], "int32"), tensor([7], "float32")])], // prettier-ignore
    ["a value without elements", operation("GetItem", [null, 5], [[slice(null, null), slice(3, 3)]])],
  ])("%s", async (_, config) => {
    await expect(save(await load(config), FORMAT)).rejects.toMatchObject({ code: "unsupported/translation" });
    await expect(convertTo(config)).rejects.toMatchObject({ code: "unsupported/translation" });
  });
});

describe("told", () => {
  it("names of outputs that their layers do not have", async () => {
    const fixture = fixtures("models").find(({ name }) => name === "models/dict_outputs")!;
    const bytes = new Uint8Array(readFileSync(filesOf(fixture).model));
    const [model, { changed }] = [await load(bytes), await convertTo(bytes)];
    const lost = model.outputs.filter(({ name, layer }) => layer !== undefined && layer !== name);
    expect(lost.length).toBeGreaterThan(0);
    for (const { name, layer } of lost) expect(changed).toContain(`output ${name} is called ${layer!}`);
  });

  it("integers of other sizes", async () => {
    const { changed } = await convertTo(operation("Square", [null, 4], [], "int64"));
    expect(changed).toContain("x is taken as int32, not int64");
  });

  it("no names of layers that stand for one of its operations", async () => {
    const x = Input({ shape: [20], dtype: "int32" });
    const embedded = layers.embedding({ inputDim: 5, outputDim: 3, maskZero: true }).apply(x);
    const sum = layers.add().apply([embedded, layers.dense({ units: 3 }).apply(embedded)]);
    const model = new Model({ inputs: x, outputs: layers.gru({ units: 2 }).apply(sum) });
    const [bytes] = (await save(model, { format: "keras-v3" })).values();
    const { changed } = await convertTo(bytes!);
    expect(changed.some((line) => / to layers step by step/.test(line))).toBe(true);
    expect(changed.filter((line) => /^gru\w* is called/.test(line))).toEqual([]);
    expect(changed.length).toBeLessThan(8);
  });

  it("a training that nobody here knows", async () => {
    const fixture = fixtures("models").find(({ name }) => name === "models/compiled_h5")!;
    const bytes = readFileSync(filesOf(fixture).model);
    const rate = /"learning_rate": ([\d.e-]+)/.exec(bytes.toString("latin1"))!;
    bytes.write(`"${"s".repeat(rate[1]!.length - 2)}"`, rate.index + rate[0].length - rate[1]!.length, "latin1");
    const { dropped, verified } = await convertTo(new Uint8Array(bytes));
    expect(verified).toBe("outputs");
    expect(dropped).toContain("optimizer state");
    expect(dropped).toContain("how it was compiled: not in TensorFlow.js");
  });
});

it.each(["Log", "Sqrt", "Rsqrt"])("%s is checked where it holds", async (name) => {
  const config = operation(name, [null, 4], []);
  const { checks, verified } = await convertTo(config);
  expect(verified).toBe("outputs");
  expect(checks.at(-1)).toMatch(/^outputs on seeded inputs above 0/);
  const x: Tensor = { dtype: "float32", shape: [2, 4], data: Float32Array.from({ length: 8 }, (_, i) => i / 4 + 0.1) };
  const model = await load(config);
  expect(await apart(model, await save(model, FORMAT), x)).toBeLessThan(1e-5);
});
