/** Layers, sub-models and layers' outputs: over every fixture of a whole model, and in the words of the promises. */
import { describe, expect, it } from "vitest";
import { Input, layers, load, Model, save, Sequential, tensor } from "../../src/node.ts";
import { seededInputs } from "../../src/verify/inputs.ts";
import { trace } from "../../src/graph/trace.ts";
import { readdirSync, readFileSync } from "node:fs";
import { readNpz } from "../../src/codecs/npz.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { bytesSource } from "../../src/core/source.ts";
import type { Tensor } from "../../src/core/tensor.ts";

const FOLDER = "fixtures/models";
const modelIn = (name: string): string | null => {
  const found = readdirSync(`${FOLDER}/${name}`).find((file) => /^model\.(keras|h5)$/.test(file));
  return found === undefined ? null : `${FOLDER}/${name}/${found}`;
};
const files = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => modelIn(entry.name))
  .filter((path) => path !== null);

const ramp = (shape: readonly number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)),
    shape,
  );

function inputsFor(model: Model): readonly Tensor[] | null {
  try {
    return seededInputs(trace(model.data.root), 1);
  } catch {
    return null;
  }
}

describe.each(files)("%s", (path) => {
  it(
    "every layer is reached; up to each, the model gives what the layer gave in the whole",
    { timeout: 60_000 },
    async () => {
      const model = await load(path);
      const x = inputsFor(model);
      expect(model.problems).toEqual([]);
      if (x === null) return expect(path).toMatch(/text/);
      const y = await model.predict(x, { layers: "all" });
      model.resetStates();
      expect([...y]).toEqual(await model.predict(x));
      for (const { name } of model.layers) {
        const layer = model.layer(name);
        expect(layer.weights.map(({ path }) => path).sort()).toEqual(
          model.weights
            .map((w) => w.path)
            .filter((p) => layer.weights.some((w) => w.path === p))
            .sort(),
        );
        if (layer.class === "InputLayer" || layer.calls.length === 0) continue;
        model.resetStates();
        const part = new Model({ inputs: model.inputs, outputs: layer.outputs });
        expect(await part.predict(x), name).toEqual(y.layers[name]!.slice(0, layer.outputs.length));
      }
    },
  );
});

describe("a new head on a loaded model", async () => {
  const arrays = await readNpz(bytesSource(new Uint8Array(readFileSync("fixtures/heads.npz"))), DEFAULT_LIMITS);
  const ramped = (shape: readonly number[]): Tensor => {
    const size = shape.reduce((a, b) => a * b, 1);
    return tensor(
      Float32Array.from({ length: size }, (_, i) => -0.5 + i / (size - 1)),
      shape,
    );
  };
  const close = (found: Tensor, name: string): void => {
    const expected = arrays.get(`${name}/y`)!;
    expect(found.shape).toEqual(expected.shape);
    Array.from(expected.data as Float32Array).forEach((y, i) =>
      expect(Math.abs(y - (found.data as Float32Array)[i]!)).toBeLessThan(1e-6),
    );
  };
  const inputs = (name: string): Tensor[] =>
    [0, 1].flatMap((i) => (arrays.has(`${name}/x${i}`) ? [arrays.get(`${name}/x${i}`)!] : []));

  it.each([
    ["keras3", "stacked_lstm/model.keras", "upper"],
    ["keras3_h5", "siamese_h5/model.h5", "both"],
    ["keras2", "tfk_stacked_lstm_h5/model.h5", "lower"],
    ["keras2_nested", "tfk_siamese_h5/model.h5", "product"],
  ])("%s: gives what Keras gives, and so do its files", async (name, file, layer) => {
    const base = await load(`${FOLDER}/${file}`);
    const head = layers.dense({ units: 2, activation: "tanh", name: "head" });
    const model = new Model({ inputs: base.inputs, outputs: head.apply(base.layer(layer).output) });
    for (const weight of model.layer("head").weights) weight.set(ramped(weight.shape!));
    const [y] = await model.predict(inputs(name));
    close(y!, name);
    for (const [format, dialect] of [
      ["keras-v3", undefined],
      ["keras-h5", "keras3"],
      ["keras-h5", "keras2"],
    ] as const) {
      const saved = await save(model, { format, ...(dialect && { dialect }) });
      close((await (await load([...saved.values()][0]!)).predict(inputs(name)))[0]!, name);
    }
  });

  it("from the middle of a model to a later layer", async () => {
    const base = await load(`${FOLDER}/tfk_stacked_lstm_h5/model.h5`);
    const model = new Model({ inputs: base.layer("drop").output, outputs: base.layer("hidden").output });
    expect(model.inputs).toEqual([{ name: "drop_output", shape: [null, 10, 8], dtype: "float32" }]);
    close((await model.predict(inputs("middle")))[0]!, "middle");
  });
});

describe("layer", () => {
  it("has config with defaults, connections, weights read one at a time, and the layers inside", async () => {
    const model = await load(`${FOLDER}/siamese/model.keras`);
    const both = model.layer("both");
    expect([both.class, both.config["axis"], both.inbound.map(({ name }) => name)]).toEqual([
      "Concatenate",
      -1,
      ["tower", "tower", "product"].filter((name, i, all) => all.indexOf(name) === i),
    ]);
    expect(model.layer(-1).config).toMatchObject({ units: 1, use_bias: true, activation: "sigmoid" });
    expect(model.layer("tower").calls).toHaveLength(2);
    const [inner] = model.layer("tower").layers.filter(({ weights }) => weights.length > 0);
    expect(model.layer(`tower/${inner!.name}`).path).toBe(inner!.path);
    expect(() => inner!.outputs).toThrow(/inside another layer/);
    const all = await model.getWeights();
    const read: Tensor[] = [];
    for (const layer of model.layers)
      for (const weight of model.layer(layer.name).weights) read.push(await weight.read());
    expect(new Set(read.map(({ data }) => String(data)))).toEqual(new Set(all.map(({ data }) => String(data))));
  });

  it("sets a weight for every model that has the layer, prepared ones too", async () => {
    const base = await load(`${FOLDER}/stacked_lstm/model.keras`);
    const part = base.upTo("hidden");
    const x = ramp([1, 10, 8]);
    await part.prepare();
    const before = part.predictSync(x)[0]!;
    const [kernel] = base.layer("hidden").weights;
    kernel!.set(tensor(new Float32Array(30), [6, 5]));
    expect(() => part.predictSync(x)).toThrow(/prepare/);
    const after = (await part.predict(x))[0]!;
    expect(after.data).not.toEqual(before.data);
    expect((await base.predict(x, { layers: ["hidden"] })).layers["hidden"]![0]!.data).toEqual(after.data);
    expect(() => kernel!.set(ramp([2, 2]))).toThrow(/mismatch\/shape/);
  });

  it("keeps its states over asked-for layers, engines apart and models that share it", async () => {
    const model = new Sequential();
    model.add(layers.lstm({ units: 3, stateful: true, returnSequences: true, batchInputShape: [1, 4, 2], name: "a" }));
    model.add(layers.gru({ units: 2, stateful: true, name: "b" }));
    const part = model.upTo("a");
    const steps = [0, 1, 2, 3].map((k) =>
      tensor(
        Float32Array.from({ length: 8 }, (_, i) => Math.sin(i + 8 * k)),
        [1, 4, 2],
      ),
    );
    const whole: Tensor[] = [];
    for (const x of steps) whole.push((await model.predict(x, { backend: "reference" }))[0]!);
    model.resetStates();
    const close = (found: Tensor, k: number): void =>
      (found.data as Float32Array).forEach((y, i) => expect(y).toBeCloseTo((whole[k]!.data as Float32Array)[i]!, 5));
    close((await model.predict(steps[0]!))[0]!, 0);
    const told = await model.predict(steps[1]!, { layers: ["a"] });
    close(told[0]!, 1);
    close((await model.predict(steps[2]!))[0]!, 2);
    close((await model.predict(steps[0]!, { backend: "reference", layers: ["a"] }))[0]!, 0);
    await model.prepare();
    close(model.predictSync(steps[3]!)[0]!, 3);
    model.resetStates();
    await part.predict(steps[0]!);
    const second = await part.predict(steps[1]!);
    expect(second[0]!.data).toEqual(told.layers["a"]![0]!.data);
    model.resetStates();
    expect((await part.predict(steps[1]!))[0]!.data).not.toEqual(second[0]!.data);
  });

  it("gives way to a layer that was loaded, where nobody chose its name", async () => {
    const auto = layers.dense({ units: 2 });
    const made = new Sequential();
    made.add(layers.dense({ units: 2, inputShape: [3], name: auto.name }));
    const base = await load((await save(made, { format: "keras-v3" })).get("model.keras")!);
    const model = new Model({ inputs: base.inputs, outputs: auto.apply(base.outputs[0]!) });
    expect(model.layers.map(({ name }) => name).slice(1)).toEqual([auto.name, `${auto.name}_1`]);
    const named = layers.dense({ units: 2, name: auto.name });
    expect(() => new Model({ inputs: base.inputs, outputs: named.apply(base.outputs[0]!) })).toThrow(/duplicate-layer/);
  });

  it("is refused by name where there is none, and never by a bare TypeError", async () => {
    const base = await load(`${FOLDER}/stacked_lstm/model.keras`);
    expect(() => base.layer("uper")).toThrow(/expected upper/);
    expect(() => base.layer(9)).toThrow(/a place from 0 to 5/);
    await expect(base.predict(ramp([1, 10, 8]), { layers: ["hiden"] })).rejects.toThrow(/expected hidden/);
    await expect(base.predict(ramp([1, 10, 8]), { layers: "some" as "all" })).rejects.toThrow(/mismatch\/option/);
    expect(() => new Model({ inputs: {} as never, outputs: base.outputs })).toThrow(/mismatch\/argument/);
    expect(() => new Model({ inputs: Input({ shape: [2] }), outputs: base.outputs })).toThrow(/steps/);
    expect(() => new Model({ inputs: base.layers as never, outputs: base.outputs })).toThrow(/mismatch\/argument/);
    const unknown = await load("fixtures/custom/model.keras");
    expect(() => unknown.apply(unknown.inputs[0]!)).toThrow(/unsupported\/layer/);
    expect(() => unknown.upTo(-1)).toThrow(/unsupported\/layer/);
  });
});
