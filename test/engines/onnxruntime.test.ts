/** ONNX Runtime as an engine: the same outputs, states and refusals as of the others. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { sizeOf, type Tensor } from "../../src/core/tensor.ts";
import { layers, type Model, Sequential, setRandomSeed, useOnnxRuntime, verify } from "../../src/node.ts";
import { difference, fixtures, loadFixture, valuesOf } from "../support/fixtures.ts";

const onnx = { backend: "onnxruntime" } as const;

const ramp = (shape: readonly number[]): Tensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i)),
});

function expectNear(found: readonly Tensor[], expected: readonly Tensor[]): void {
  expect(found.map(({ dtype, shape }) => [dtype, shape])).toEqual(expected.map(({ dtype, shape }) => [dtype, shape]));
  found.forEach((tensor, i) => {
    const { error, magnitude } = difference(tensor, expected[i]!);
    expect(error).toBeLessThanOrEqual(1e-6 + 1e-5 * magnitude);
  });
}

const counter = (): Model => {
  setRandomSeed(3);
  return new Sequential({
    layers: [
      layers.lstm({ units: 3, stateful: true, batchInputShape: [2, null, 4] } as never),
      layers.dense({ units: 2 }),
    ],
  });
};

describe("the backend onnxruntime", () => {
  it.each(["seq2seq", "cnn", "clips_h5"])("runs fixtures/models/%s", { timeout: 60_000 }, async (name) => {
    const fixture = fixtures("models").find((one) => one.name === `models/${name}`)!;
    const model = await loadFixture(fixture);
    const values = await valuesOf(fixture);
    const inputs = model.inputs.map((input, i) => (values.get(`inputs/${i}`) ?? values.get(`inputs/${input.name}`))!);
    expectNear(await model.predict(inputs, onnx), await model.predict(inputs));
  });

  it("keeps states from call to call, calls in their order", async () => {
    const model = counter();
    const [a, b] = [ramp([2, 3, 4]), ramp([2, 2, 4])];
    const expected = [await model.predict(a), await model.predict(b)];
    model.resetStates();
    const found = await Promise.all([model.predict(a, onnx), model.predict(b, onnx)]);
    found.forEach((outputs, i) => expectNear(outputs, expected[i]!));
    model.resetStates();
    expectNear(await model.predict(a, onnx), expected[0]!);
    model.dispose();
  });

  it("is compared by verify, layer by layer", async () => {
    const model = counter();
    const report = await verify(model, model, { ...onnx, layers: true });
    expect(report).toMatchObject({ ok: true, backend: "onnxruntime" });
  });

  it("refuses what is for other engines, and others what is for it", async () => {
    const model = counter();
    const x = ramp([2, 3, 4]);
    await expect(model.predict(x, { ...onnx, strict: true })).rejects.toMatchObject({ code: "unsupported/strict" });
    await expect(model.predict(x, { ...onnx, threads: 2 })).rejects.toMatchObject({ code: "unsupported/threads" });
    await expect(model.predict(x, { ...onnx, precision: "float64" })).rejects.toMatchObject({ code: "unsupported/precision" }); // prettier-ignore
    await expect(model.prepare({ ...onnx, shapes: [[2, 3, 4]] })).rejects.toMatchObject({
      code: "unsupported/backend",
    });
    await expect(model.predict(x, { providers: ["wasm"] })).rejects.toMatchObject({ code: "unsupported/backend" });
    await expect(model.predict(x, { ...onnx, providers: ["none"] })).rejects.toMatchObject({
      code: "unsupported/onnx",
    });
    expectNear(await model.predict(x, { ...onnx, providers: ["wasm"] }), await model.predict(x));
  });

  it("takes only a library that is one", () => {
    expect(() => useOnnxRuntime({} as never)).toThrow(/onnxruntime-web/);
  });
});

describe("without a package", () => {
  afterEach(() => vi.resetModules());

  it("is refused with what to install", async () => {
    vi.resetModules();
    const none = { InferenceSession: undefined, default: undefined };
    vi.doMock("onnxruntime-node", () => none);
    vi.doMock("onnxruntime-web", () => none);
    const { onnxRuntime } = await import("../../src/engines/onnxruntime/library.ts");
    await expect(onnxRuntime()).rejects.toMatchObject({
      problems: [{ code: "unsupported/backend", message: expect.stringContaining("npm install onnxruntime-web") }],
    });
  });
});
