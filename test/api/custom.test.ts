/** Code of one's own in the place of what files only name: layers, cells, activations, Lambdas. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readNpz } from "../../src/codecs/npz.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { bytesSource } from "../../src/core/source.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import { convert, type CustomFunction, defineCell, defineLayer, fields, type LoadOptions } from "../../src/index.ts";
import { load, tensor } from "../../src/node.ts";

const FOLDER = "fixtures/custom";

/** An attention layer with weights: softmax(tanh(x·w)·u) over time, then the weighted sum of x. */
const Attention = defineLayer({
  class: "Attention",
  config: { units: fields.int({ default: 3 }) },
  weights: {
    w: { shape: ({ units }, [x]) => [x!.at(-1)!, units] },
    u: { shape: ({ units }) => [units, 1] },
  },
  forward({ op }, _config, { w, u }, [x]) {
    const score = op.matmul(op.tanh(op.matmul(x!, w)), u);
    return op.sum(op.multiply(op.softmax(score, [1]), x!), [1]);
  },
});

/** A layer without weights. */
const Centre = defineLayer({
  class: "Centre",
  config: { axis: fields.int({ min: -8, default: -1 }) },
  forward: ({ op }, { axis }, _w, [x]) => op.subtract(x!, op.mean(x!, [axis], true)),
});

/** The step of a recurrent layer. */
const MinimalCell = defineCell({
  class: "MinimalCell",
  config: { units: fields.int({}) },
  weights: {
    kernel: { shape: ({ units }, [x]) => [x!.at(-1)!, units] },
    recurrent: { shape: ({ units }) => [units, units] },
  },
  states: (cx, { units }, _w, x) => [[cx.size(x, 0), units]],
  step({ op }, _c, { kernel, recurrent }, x, [h]) {
    const y = op.tanh(op.add(op.matmul(x, kernel), op.matmul(h!, recurrent)));
    return { y, states: [y] };
  },
});

const own: LoadOptions = {
  customLayers: [Attention, Centre, MinimalCell],
  customActivations: {
    bent: (ops, x) => ops.where(ops.greater(x, 0), x, ops.multiply(ops.multiply(x, x), 0.1)),
  },
  customFunctions: {
    last_two: (ops, x) => ops.slice(x, [{ axis: 1, start: -2, stop: null, step: 1 }]),
  },
  lambdas: {
    scaled: (ops, x, _mask, args) => ops.add(ops.multiply(x, args!["scale"] as number), 1),
    pair: (ops, [a, b]) => ops.multiply(a!, b!),
  },
};

const arraysOf = (name: string) =>
  readNpz(bytesSource(new Uint8Array(readFileSync(`${FOLDER}/${name}`))), DEFAULT_LIMITS);

function close(found: readonly Tensor[], arrays: ReadonlyMap<string, Tensor>): void {
  expect(found).toHaveLength(7);
  found.forEach((y, i) => {
    const expected = arrays.get(`outputs/${i}`)!;
    expect(y.shape).toEqual(expected.shape);
    (expected.data as Float32Array).forEach((value, k) =>
      expect(Math.abs((y.data as Float32Array)[k]! - value), `output ${i}`).toBeLessThan(1e-5),
    );
  });
}

describe("what the caller supplies", () => {
  it("runs as in Keras 3, on both engines, and goes back into files unchanged", async () => {
    const arrays = await arraysOf("io.npz");
    const x = arrays.get("inputs/0")!;
    const model = await load(`${FOLDER}/model.keras`, own);
    expect(model.problems).toEqual([]);
    close(await model.predict(x), arrays);
    close(await model.predict(x, { backend: "reference" }), arrays);
    for (const name of ["out.keras", "out.h5"]) {
      const { files, verified } = await convert(new Uint8Array(readFileSync(`${FOLDER}/model.keras`)), name, own);
      expect(verified).toBe(true);
      const again = await load([...files.values()][0]!, own);
      close(await again.predict(x), arrays);
      for (const lambda of ["named", "scaled", "pair"])
        expect(again.layer(lambda).config["function"]).toEqual(model.layer(lambda).config["function"]);
    }
  });

  it("runs as in tf-keras, named by package>Class", async () => {
    const arrays = await arraysOf("keras2.npz");
    // tf-keras writes the code of a named function too.
    const lambdas = { ...own.lambdas, named: own.customFunctions!["last_two"]! };
    const model = await load(`${FOLDER}/keras2.json`, { ...own, lambdas });
    await model.setWeights(model.weights.map((_, i) => arrays.get(`weights/${i}`)!));
    close(await model.predict(arrays.get("inputs/0")!), arrays);
  });

  it("is part of sub-models", async () => {
    const model = await load(`${FOLDER}/model.keras`, own);
    const x = (await arraysOf("io.npz")).get("inputs/0")!;
    const y = await model.predict(x, { layers: ["attention", "lstm"] });
    expect((await model.upTo("attention").predict(x))[0]!.data).toEqual(y.layers["attention"]![0]!.data);
  });

  it("without it: every refusal says how to go on", async () => {
    const model = await load(`${FOLDER}/model.keras`);
    const messages = model.problems.map(({ code, path, message }) => `${code} ${path}: ${message}`);
    expect(messages).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/unsupported\/layer attention: .*customLayers: \[defineLayer.*--custom/),
        expect.stringMatching(
          /unsupported\/lambda scaled: .*never run: load with lambdas: \{ "scaled": \(ops, x, mask\)/,
        ),
      ]),
    );
    const { lambdas, ...some } = own;
    const activation = await load(`${FOLDER}/model.keras`, { ...some, customActivations: {}, lambdas: lambdas! });
    expect(activation.problems.map(({ message }) => message).join()).toMatch(/customActivations/);
  });

  // As both Kerases write `activation=lambda x: …`: Python's code, its defaults and its closure.
  it.each([
    { value: ["4wEAAAA=\n", null, null] },
    { class_name: "__lambda__", config: { value: ["4wEAAAA=\n", null, null] } },
  ])("a lambda as an activation", async (activation) => {
    const json = {
      class_name: "Sequential",
      config: {
        name: "m",
        layers: [
          { class_name: "InputLayer", config: { batch_shape: [null, 2], name: "x" } },
          { class_name: "Activation", config: { name: "a", activation } },
        ],
      },
      keras_version: "3.15.1",
    };
    const file = new TextEncoder().encode(JSON.stringify(json));
    const [problem] = (await load(file)).problems;
    expect(problem).toMatchObject({ path: "a", found: "<lambda>" });
    expect(problem!.message).toContain("customActivations");
    const model = await load(file, { customActivations: { "<lambda>": (ops, x) => ops.multiply(x, 3) } });
    const [y] = await model.predict(tensor([[1, -2]]));
    expect(Array.from(y!.data as Float32Array)).toEqual([3, -6]);
  });

  it("is refused by name where it does not fit", async () => {
    const file = `${FOLDER}/model.keras`;
    await expect(load(file, { lambdas: { scald: (_ops, x) => x } })).rejects.toThrow(/expected scaled/);
    await expect(load(file, { lambdas: { scaled: 3 as never } })).rejects.toThrow(/mismatch\/option/);
    await expect(load(file, { customLayers: [{ class: "Attention" } as never] })).rejects.toThrow(/defineLayer/);
    await expect(load(file, { ...own, lambdas: { ...own.lambdas, scaled: () => 5 as never } })).rejects.toThrow(
      /mismatch\/argument.*scaled.*gives no value/,
    );
    const mistaken: CustomFunction = (ops) => ops.negative(3 as never);
    await expect(load(file, { ...own, lambdas: { ...own.lambdas, scaled: mistaken } })).rejects.toThrow(
      /mismatch\/argument.*negative.*scaled.*expected a value of the model, found a number/,
    );
    const faulty = (): never => {
      throw new TypeError("mine");
    };
    await expect(load(file, { ...own, lambdas: { ...own.lambdas, scaled: faulty } })).rejects.toThrow(
      /scaled.*own function threw TypeError: mine/,
    );
  });
});
