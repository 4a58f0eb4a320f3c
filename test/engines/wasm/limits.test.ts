/** The WASM backend on sizes that a hostile config may ask for: soon an answer, or a refusal, never a hang or a crash. */
import { describe, expect, it } from "vitest";
import { compile, compiling } from "../../../src/engines/wasm/compile.ts";
import { FixedMemory, Linker } from "../../../src/engines/wasm/link.ts";
import { DEFAULT_LIMITS } from "../../../src/core/limits.ts";
import { inTurns } from "../../../src/core/turns.ts";
import { Input, layers, Sequential, tensor } from "../../../src/node.ts";
import { wasm } from "../../../src/engines/wasm/backend.ts";
import { difference } from "../../support/fixtures.ts";

type Member = Parameters<Sequential["add"]>[0];

const BILLION = 1_000_000_000;
/** Milliseconds; most of it is room for a busy machine. */
const SOON = 5000;

function modelOf(shape: readonly number[], ...members: readonly Member[]): Sequential {
  const model = new Sequential();
  model.add(Input({ shape }));
  for (const member of members) model.add(member);
  return model;
}

function ramp(shape: readonly number[]) {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
    shape,
  );
}

describe("what computes little", () => {
  const cases: readonly (readonly [string, readonly number[], Member])[] = [
    ["an average over windows much larger than the image", [9, 7, 2], layers.averagePooling2d({ poolSize: 100_000, strides: 1, padding: "same" })], // prettier-ignore
    ["a maximum over the largest window", [9, 2], layers.maxPooling1d({ poolSize: 2 ** 30, strides: 3, padding: "same" })], // prettier-ignore
    ["an average in three axes", [5, 4, 6, 2], layers.averagePooling3d({ poolSize: 5000, strides: 2, padding: "same" })], // prettier-ignore
    ["a dilation far beyond the input", [12, 2], layers.conv1d({ filters: 3, kernelSize: 3, dilationRate: 1_000_000, padding: "causal" })], // prettier-ignore
    ["more runs than there is code for", [9, 3, 2], layers.conv2d({ filters: 3, kernelSize: [1500, 2], padding: "same" })], // prettier-ignore
    ["the same in a recurrent layer", [3, 9, 2], layers.convLstm1d({ filters: 2, kernelSize: 1500, dilationRate: 2, padding: "same" })], // prettier-ignore
    ["more taps than there is code for", [9, 9, 4], layers.depthwiseConv2d({ kernelSize: 30, padding: "same" })],
  ];
  it.each(cases)(
    "%s",
    async (_, shape, layer) => {
      const model = modelOf(shape, layer);
      const x = ramp([2, ...shape]);
      const [found] = await model.predict(x, { backend: "wasm" });
      const [exact] = await model.predict(x, { backend: "reference", precision: "float64" });
      expect(found!.shape).toEqual(exact!.shape);
      const { error, magnitude } = difference(found!, exact!);
      expect(error).toBeLessThanOrEqual(5e-6 * magnitude);
      model.dispose();
    },
    SOON,
  );
});

describe("what needs too much memory", () => {
  const cases: readonly (readonly [string, readonly number[], readonly Member[]])[] = [
    ["a repetition", [4], [layers.repeatVector({ n: BILLION })]],
    ["one inside a model", [4], [layers.repeatVector({ n: BILLION }), layers.lstm({ units: 1 })]],
    ["padding", [3, 3, 1], [layers.zeroPadding2d({ padding: 100_000 })]],
    ["growth of both axes", [3, 3, 1], [layers.upSampling2d({ size: 100_000, interpolation: "bilinear" })]],
    ["growth of one axis", [3, 3, 1], [layers.upSampling2d({ size: [BILLION, 1] })]],
    ["a table of that growth", [3, 1, 1], [layers.upSampling2d({ size: [3_000_000, 1], interpolation: "lanczos5" })]],
  ];
  it.each(cases)(
    "%s",
    async (_, shape, members) => {
      const model = modelOf(shape, ...members);
      const run = model.predict(ramp([1, ...shape]), { backend: "wasm" });
      await expect(run).rejects.toMatchObject({ code: expect.stringMatching(/^limit\/(memory|run-bytes|size)$/) });
      model.dispose();
    },
    SOON,
  );
});

describe("plans", () => {
  const dense = () => modelOf([4], ...Array.from({ length: 400 }, () => layers.dense({ units: 4 })));

  it("have so many steps at most", async () => {
    const graph = dense().graph;
    const session = await wasm.open(graph, { limits: { ...DEFAULT_LIMITS, planSteps: 3 } });
    await expect(session.run([ramp([1, 4])])).rejects.toMatchObject({ code: "limit/plan-steps" });
  });

  it("are left when the signal says so, and made again when asked for", async () => {
    const model = dense();
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(model.predict(ramp([1, 4]), { signal })).rejects.toThrow("enough");
    const linker = new Linker({ relaxed: false });
    const left = inTurns(compiling(model.graph, [[1, 4]], linker, new FixedMemory()), signal);
    await expect(left).rejects.toThrow("enough");
    expect(await model.predict(ramp([1, 4]))).toHaveLength(1);
  });

  it("of transposed convolutions grow with taps, not with strides", async () => {
    const model = modelOf([3, 2], layers.conv1dTranspose({ filters: 1, kernelSize: 3, strides: 100_000 }));
    const [found] = await model.predict(ramp([1, 3, 2]), { backend: "wasm" });
    const [exact] = await model.predict(ramp([1, 3, 2]), { backend: "reference" });
    expect(difference(found!, exact!).error).toBeLessThanOrEqual(1e-6);
    const plan = compile(model.graph, [[1, 3, 2]], new Linker({ relaxed: false }), new FixedMemory());
    expect(plan.kernels.length).toBeLessThan(10);
  });
});
