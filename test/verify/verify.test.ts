import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { writeNpz } from "../../src/codecs/npz.ts";
import { type Tensor, tensor } from "../../src/core/tensor.ts";
import { layers, Sequential, verify } from "../../src/node.ts";
import { plainReport, worstTensor } from "../../src/verify/report.ts";
import { textReport } from "../../src/verify/text.ts";
import { valuesOf } from "../support/fixtures.ts";
import { inFixtures, nudge, open } from "./models.ts";

const LSTM = "models/stacked_lstm";
const fixture = async (): Promise<Map<string, Tensor>> =>
  new Map(await valuesOf({ name: LSTM, folder: inFixtures(LSTM) }));
const plain = { bold: String, red: String, green: String, dim: String };

describe("a model beside a fixture", () => {
  it("is equal: outputs, layers, and the truth beside", async () => {
    const report = await verify(await open(`${LSTM}/model.keras`), inFixtures(`${LSTM}/io.npz`));
    expect(report.tensors.map(({ name }) => name)).toEqual([
      "outputs/0",
      "layers/lower",
      "layers/drop",
      "layers/upper",
      "layers/hidden",
      "layers/classes",
    ]);
    expect(report).toMatchObject({ ok: true, rtol: 1e-5, atol: 1e-6, firstDivergence: null, notes: [] });
    expect(report.tensors[0]!.truth!.found.maxRel).toBeLessThan(1e-7);
    expect(textReport(report, plain)).toContain("equal within the tolerance");
  });

  it("may come as bytes", async () => {
    const bytes = new Uint8Array(readFileSync(inFixtures(`${LSTM}/io.npz`)));
    expect((await verify(await open(`${LSTM}/model.keras`), bytes)).ok).toBe(true);
  });

  it("fails where the tolerance says so", async () => {
    const strict = { rtol: 0, atol: 0 };
    const report = await verify(await open(`${LSTM}/model.keras`), inFixtures(`${LSTM}/io.npz`), strict);
    expect(report.ok).toBe(false);
    expect(worstTensor(report)!.ok).toBe(false);
  });

  it("points half precision to the truth", async () => {
    const half = { dtype: "float16" } as const;
    const model = new Sequential({ layers: [layers.dense({ units: 2, inputShape: [3], ...half })] });
    const x = tensor([1, 2, 3], [1, 3]);
    const file = await writeNpz(new Map([["inputs/0", x], ["outputs/0", tensor([7, 7], [1, 2])]])); // prettier-ignore
    const { ok, notes } = await verify(model, file);
    expect({ ok, notes }).toEqual({ ok: false, notes: [expect.stringContaining("half precision")] });
    expect((await verify(model, file, { againstTruth: true })).notes.join()).not.toContain("half precision");
  });

  it("names the first layer that differs, and what it got", async () => {
    const model = await open(`${LSTM}/model.keras`);
    await nudge(model, "upper/lstm_cell/kernel", 0.5);
    const report = await verify(model, inFixtures(`${LSTM}/io.npz`));
    expect(report.ok).toBe(false);
    expect(report.firstDivergence).toMatchObject({
      layer: "upper",
      class: "LSTM",
      call: 0,
      step: 0,
      against: "fixture",
    });
    expect(report.firstDivergence!.inputs.map(({ name, ok }) => [name, ok])).toEqual([["layers/drop", true]]);
    expect(textReport(report, plain)).toMatch(/first layer that differs from the fixture: upper \(LSTM\)/);
  });

  it("is right by its distance from the truth, whatever the tolerance; beyond twice Keras's error it is not", async () => {
    const model = await open(`${LSTM}/model.keras`);
    const io = await fixture();
    const none = { rtol: 0, atol: 0, againstTruth: true };
    const bare = new Map([...io].filter(([name]) => !name.startsWith("layers/")));
    const report = await verify(model, await writeNpz(bare), none);
    expect(report).toMatchObject({ ok: true, againstTruth: true, notes: [] });
    const { found, expected, excess } = report.tensors[0]!.truth!;
    const allowed = Math.max(2 * expected.maxAbs, (5e-7 * found.maxAbs) / found.maxRel);
    expect(excess).toBeCloseTo(found.maxAbs / allowed, 12);
    expect(textReport(report, plain)).toContain("5e-7 · max|truth|");
    const truth = io.get("truth/0")!;
    const moved = { ...truth, data: (truth.data as Float64Array).map((x) => x + 1e-6) };
    const off = await verify(model, await writeNpz(new Map([...bare, ["truth/0", moved]])), { againstTruth: true });
    expect(off.tensors[0]!.truth!.excess).toBeLessThanOrEqual(1);
    const keras = { ...moved, data: Float32Array.from(moved.data), dtype: "float32" as const };
    const beyond = new Map([...bare, ["truth/0", moved], ["outputs/0", keras]] as const);
    expect(await verify(model, await writeNpz(beyond), { againstTruth: true })).toMatchObject({ ok: false });
    const without = new Map([...bare].filter(([name]) => !name.startsWith("truth/")));
    expect(await verify(model, await writeNpz(without), none)).toMatchObject({
      ok: true,
      notes: [expect.stringMatching(/no truth/)],
    });
    await expect(verify(model, model, { againstTruth: true })).rejects.toMatchObject({ code: "mismatch/option" });
  });

  it("differs in shape when the fixture does", async () => {
    const arrays = await fixture();
    arrays.set("outputs/0", tensor([[0, 0, 0]]));
    const report = await verify(await open(`${LSTM}/model.keras`), writeNpz(arrays));
    expect(report.tensors[0]).toMatchObject({ ok: false, shapeOk: false });
    expect(JSON.parse(JSON.stringify(plainReport(report)))).toMatchObject({
      tensors: [{ maxAbs: null, ok: false }, {}, {}, {}, {}, {}],
    });
    expect(textReport(report, plain)).toContain("expected shape [1, 3], found [3, 3]");
  });

  it("is told by layers where a backend departs from the reference", async () => {
    const arrays = [...(await fixture())].filter(([name]) => !name.startsWith("layers/"));
    const options = { backend: "wasm", rtol: 0, atol: 0 } as const;
    const report = await verify(await open(`${LSTM}/model.keras`), writeNpz(new Map(arrays)), options);
    expect(report).toMatchObject({ ok: false, backend: "wasm", layers: [] });
    expect(report.firstDivergence).toMatchObject({ against: "reference", inputs: [{ maxAbs: expect.any(Number) }] });
    expect(report.firstDivergence!.outputs[0]!.maxRel).toBeLessThan(1e-6);
    expect(report.firstDivergence!.kernels).toMatch(/^recurrent \(fused SIMD\)/);
    expect(textReport(report, plain)).toMatch(/^ {2}by {3}recurrent \(fused SIMD\)/m);
  });

  it("notes layers that the model does not have", async () => {
    const arrays = await fixture();
    arrays.set("layers/nobody", tensor([1]));
    const { ok, notes } = await verify(await open(`${LSTM}/model.keras`), writeNpz(arrays));
    expect([ok, notes]).toEqual([true, ["layers/nobody: the model has no such layer outside of a loop"]]);
  });

  it("is refused when it cannot run, or when the file is no fixture", async () => {
    const model = await open("models/seq2seq/model.keras");
    await expect(verify(model, inFixtures(`${LSTM}/io.npz`))).rejects.toThrow("mismatch/fixture");
    await expect(verify(model, new Uint8Array([1, 2, 3]))).rejects.toThrow("malformed/");
    const { load } = await import("../../src/node.ts");
    const apart = await load(inFixtures("models/cnn_apart/model.json"));
    await expect(verify(apart, inFixtures("models/cnn_apart/io.npz"))).rejects.toThrow("mismatch/missing-weights");
  });

  it("leaves the caller's states alone", async () => {
    const model = await open("layers/lstm/stateful/model.keras");
    const x = tensor(
      new Float32Array(model.inputs[0]!.shape!.reduce<number>((a, b) => a * (b ?? 1), 1)).fill(0.5),
      model.inputs[0]!.shape!.map((n) => n ?? 1),
    );
    const [first] = await model.predict(x);
    const [second] = await model.predict(x);
    model.resetStates();
    await model.predict(x);
    expect((await verify(model, inFixtures("layers/lstm/stateful/io.npz"))).ok).toBe(true);
    const [again] = await model.predict(x);
    expect(again!.data).toEqual(second!.data);
    expect(again!.data).not.toEqual(first!.data);
  });
});

describe("a model beside another", () => {
  it("is equal to itself to the last bit", async () => {
    const [a, b] = [await open("models/text/model.keras"), await open("models/text/model.keras")];
    const report = await verify(a, b, { rtol: 0, atol: 0 });
    expect(report).toMatchObject({ ok: true, firstDivergence: null });
  });

  it("differs where a weight does, by layer", async () => {
    const [a, b] = [await open(`${LSTM}/model.keras`), await open(`${LSTM}/model.keras`)];
    await nudge(a, "hidden/kernel", 1);
    const { ok, firstDivergence } = await verify(a, b);
    expect(ok).toBe(false);
    expect(firstDivergence).toMatchObject({ layer: "hidden", against: "model" });
    expect(firstDivergence!.inputs.every((tensor) => tensor.ok)).toBe(true);
  });

  it("names the layer inside a model inside", async () => {
    const [a, b] = [await open("models/siamese/model.keras"), await open("models/siamese/model.keras")];
    const inner = a.weights.find(({ path }) => path.split("/").length > 2)!;
    await nudge(a, inner.path, 1);
    const { firstDivergence } = await verify(a, b);
    expect(inner.path.startsWith(`${firstDivergence!.layer}/`)).toBe(true);
  });

  it("must take and give as many tensors", async () => {
    const [a, b] = [await open(`${LSTM}/model.keras`), await open("models/several/model.keras")];
    await expect(verify(a, b)).rejects.toThrow("mismatch/inputs");
  });
});
