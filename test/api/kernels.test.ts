/** What `kernels` tells of a model. */
import { describe, expect, it } from "vitest";
import { Input, layers, Model, Sequential, verify } from "../../src/node.ts";
import { kernelText } from "../../src/api/kernels.ts";

const told = async (model: Model, ...args: Parameters<Model["kernels"]>): Promise<Record<string, string>> => {
  const report = await model.kernels(...args);
  return Object.fromEntries(report.layers.map(({ layer, kernels }) => [layer, kernelText(kernels)]));
};

describe("kernels", () => {
  it("names each layer's, the inner layers' of wrappers, and none where nothing is computed", async () => {
    const model = new Sequential({
      layers: [
        layers.bidirectional({
          layer: layers.lstm({ units: 8, name: "inner" }),
          name: "both",
          inputShape: [null, 3],
        }),
        layers.reshape({ targetShape: [16], name: "shape" }),
        layers.dense({ units: 4, activation: "softmax", name: "out" }),
      ],
    });
    const found = await told(model);
    expect(found["both/forward_inner"]).toMatch(/^recurrent \(fused SIMD\)/);
    expect(found["both/backward_inner"]).toMatch(/^recurrent \(fused SIMD\)/);
    expect(found["out"]).toMatch(/gemm \(SIMD\)/);
    expect(found["shape"]).toBe("");
    expect((await model.kernels()).shapes[0]![0]).toBe(1);
    expect((await model.kernels([7, 5, 3])).shapes).toEqual([[7, 5, 3]]);
  });

  it("tells shared layers call by call, and reads no weights", async () => {
    const [a, b] = [Input({ shape: [4] }), Input({ shape: [4] })];
    const dense = layers.dense({ units: 3, name: "dense" });
    const model = new Model({ inputs: [a, b], outputs: layers.add().apply([dense.apply(a), dense.apply(b)]) });
    const { layers: calls } = await model.kernels();
    expect(calls.filter(({ layer }) => layer === "dense").map(({ call }) => call)).toEqual([0, 1]);
  });

  it("tells how long each layer's take, when asked", async () => {
    const model = new Sequential({
      layers: [
        layers.dense({ units: 256, inputShape: [512], name: "large" }),
        layers.reshape({ targetShape: [16, 16], name: "shape" }),
        layers.lstm({ units: 2, name: "small" }),
      ],
    });
    const { layers: calls } = await model.kernels([64, 512], { timed: true });
    const time = Object.fromEntries(calls.map((call) => [call.layer, call.time!]));
    expect(time["shape"]).toBe(0);
    expect(time["small"]).toBeGreaterThan(0);
    expect(time["large"]).toBeGreaterThan(time["small"]!);
    expect((await model.kernels()).layers.every((call) => call.time === undefined)).toBe(true);
  });

  it("tells none of a model of texts, whose first layer that differs is found all the same", async () => {
    const [x, codes] = [Input({ shape: [4] }), Input({ shape: [3], dtype: "int32" })];
    const looked = layers.integerLookup({ vocabulary: [1, 5], numOovIndices: 2, oovMethod: "farmhash" }).apply(codes);
    const model = new Model({
      inputs: [x, codes],
      outputs: [layers.dense({ units: 3, name: "out" }).apply(x), looked],
    });
    expect((await model.kernels()).layers.flatMap(({ kernels }) => kernels)).toEqual([]);
    const other = new Model({
      inputs: [x, codes],
      outputs: [layers.dense({ units: 3, name: "out" }).apply(x), looked],
    });
    const { ok, firstDivergence } = await verify(model, other);
    expect([ok, firstDivergence?.class]).toEqual([false, "Dense"]);
  });

  it("refuses shapes that do not fit", async () => {
    const model = new Sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
    const problem = (code: string) => expect.objectContaining({ code });
    await expect(model.kernels([1, 4])).rejects.toThrow(problem("mismatch/shape"));
    model.dispose();
    await expect(model.kernels()).rejects.toThrow(problem("mismatch/disposed"));
  });
});
