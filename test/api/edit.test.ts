/** Edits: each proved against the original where it must be equal. Keras loads what they give (checked by hand). */
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../src/core/source.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { editModel } from "../../src/edit.ts";
import { importArchive } from "../../src/importers/index.ts";
import { edit, Input, layers, load, Model, save, tensor } from "../../src/node.ts";

const ramp = (shape: readonly number[]) =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)),
    shape,
  );

const FILES = ["stacked_lstm/model.keras", "stacked_lstm_h5/model.h5", "tfk_stacked_lstm_h5/model.h5"];

describe.each(FILES)("%s", (file) => {
  const path = `fixtures/models/${file}`;

  it("another name and batch size: the same numbers, before and after saving", async () => {
    const model = await load(path);
    const { model: edited, checks } = await editModel(model, { rename: { lower: "low", stacked_lstm: "m" }, batch: 3 });
    expect(checks).toEqual(["outputs on seeded inputs"]);
    expect([edited.name, edited.inputs[0]!.shape, edited.layer("low").class]).toEqual(["m", [3, 10, 8], "LSTM"]);
    const x = ramp([3, 10, 8]);
    const [expected] = await model.predict(x);
    expect((await edited.predict(x))[0]!.data).toEqual(expected.data);
    expect(edited.outputs[0]!.shape![0]).toBe(3);
    // As in Keras a fixed batch binds nothing but states.
    expect((await edited.predict(ramp([2, 10, 8])))[0]!.data).toEqual((await model.predict(ramp([2, 10, 8])))[0]!.data);
    for (const format of ["keras-v3", "keras-h5"] as const) {
      const again = await load([...(await save(edited, { format })).values()][0]!);
      expect(again.layers.map(({ name }) => name)).toContain("low");
      expect((await again.predict(x))[0]!.data).toEqual(expected.data);
    }
    const open = await edit(edited, { batch: null });
    expect((await open.predict(ramp([1, 10, 8])))[0]!.shape[0]).toBe(1);
  });

  it("cut at a layer, in the language of its generation, with weights of half the size", async () => {
    const model = await load(path);
    const { model: edited, checks } = await editModel(model, { cut: "hidden", float16: true });
    expect(checks[0]).toBe("outputs of hidden on seeded inputs, bit by bit");
    expect(edited.data.archive!.dialect).toBe(model.data.archive!.dialect);
    const saved = [...(await save(edited, { format: "keras-h5" })).values()][0]!;
    const archive = await importArchive(bytesSource(saved), { limits: DEFAULT_LIMITS });
    expect(new Set(archive.weights.map(({ dtype }) => dtype))).toEqual(new Set(["float16"]));
    const x = ramp([2, 10, 8]);
    expect((await (await load(saved)).predict(x))[0]!.data).toEqual((await edited.predict(x))[0]!.data);
    const [whole] = (await model.predict(x, { layers: ["hidden"] })).layers["hidden"]!;
    const [near] = await edited.predict(x);
    (whole!.data as Float32Array).forEach((y, i) => expect(Math.abs(near.data[i]! - y)).toBeLessThan(5e-3));
  });
});

it("without the optimizer; the given model stays as it is", async () => {
  const model = await load("fixtures/models/compiled/model.keras");
  const edited = await edit(model, { dropOptimizer: true });
  const again = await load([...(await save(edited, { format: "keras-v3" })).values()][0]!);
  expect([again.data.archive!.optimizer, again.data.archive!.training]).toEqual([[], null]);
  expect(model.data.archive!.optimizer.length).toBeGreaterThan(0);
});

it("refuses by name", async () => {
  const model = await load("fixtures/models/stacked_lstm/model.keras");
  await expect(edit(model, { rename: { lowr: "x" } })).rejects.toThrow(/expected lower/);
  await expect(edit(model, { rename: { lower: "upper" } })).rejects.toThrow(/duplicate-layer/);
  await expect(edit(model, { batch: 0 })).rejects.toThrow(/mismatch\/option/);
  await expect(edit(model, { cut: "nowhere" })).rejects.toThrow(/mismatch\/argument/);
  await expect(edit(model, { renam: {} } as object)).rejects.toThrow(/expected rename/);
});

it("a stateful model keeps a batch size, unless cut before its states", async () => {
  const input = Input({ batchShape: [2, 4, 3] });
  const hidden = layers.dense({ units: 3, name: "hidden" }).apply(input);
  const outputs = layers.lstm({ units: 2, stateful: true, name: "memory" }).apply(hidden);
  const model = new Model({ inputs: input, outputs });
  await expect(edit(model, { batch: null })).rejects.toThrow("unsupported/stateful] memory");
  expect((await edit(model, { batch: null, cut: "hidden" })).inputs[0]!.shape).toEqual([null, 4, 3]);
  expect((await edit(model, { batch: 5 })).inputs[0]!.shape).toEqual([5, 4, 3]);
});
