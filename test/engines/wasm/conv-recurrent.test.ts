/** Convolutional LSTM layers as one kernel, over random shapes and options, against the reference in float64. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { usePlatformThreads } from "../../../src/core/threads.ts";
import { compile } from "../../../src/engines/wasm/compile.ts";
import { FixedMemory, Linker } from "../../../src/engines/wasm/link.ts";
import { withRules } from "../../../src/engines/wasm/rules/later.ts";
import { tensor } from "../../../src/core/tensor.ts";
import { takes } from "../../../src/engines/wasm/rules/takes.ts";
import { GraphBuilder } from "../../../src/graph/builder.ts";
import { lower } from "../../../src/graph/lower.ts";
import { arrange, slideShape } from "../../../src/ops/window.ts";
import type { Sym } from "../../../src/ops/types.ts";
import { opNames, weight, weightOf } from "../../graph/build.ts";
import { useThreads } from "../../support/threads.ts";
import { apart, both, distance, random } from "./ops.ts";

const { start } = useThreads();

interface Layer {
  readonly spatial: readonly { length: number; size: number; stride: number; dilation: number }[];
  readonly layout: "first" | "last";
  readonly padding: "same" | "valid";
  readonly channels: number;
  readonly filters: number;
  readonly samples: number;
  readonly steps: number;
  readonly axis: 0 | 1;
  readonly useBias: boolean;
  readonly goBackwards: boolean;
  readonly zeroState: boolean;
  /** Of the weights. Default 1. */
  readonly scale?: number;
}

const layers: fc.Arbitrary<Layer> = fc.record({
  spatial: fc.array(
    fc.record({
      length: fc.integer({ min: 4, max: 6 }),
      size: fc.integer({ min: 1, max: 2 }),
      stride: fc.integer({ min: 1, max: 2 }),
      dilation: fc.integer({ min: 1, max: 2 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  layout: fc.constantFrom("first" as const, "last" as const),
  padding: fc.constantFrom("same" as const, "valid" as const),
  channels: fc.integer({ min: 1, max: 3 }),
  filters: fc.integer({ min: 1, max: 9 }),
  samples: fc.integer({ min: 1, max: 2 }),
  steps: fc.integer({ min: 1, max: 3 }),
  axis: fc.constantFrom(0 as const, 1 as const),
  useBias: fc.boolean(),
  goBackwards: fc.boolean(),
  zeroState: fc.boolean(),
});

function shapesOf(layer: Layer) {
  const { spatial, layout, padding, channels, filters, samples, steps, axis } = layer;
  const frame = (batch: number) => arrange(layout, batch, spatial.map((s) => s.length), channels); // prettier-ignore
  const slide = { size: spatial.map((s) => s.size), strides: spatial.map((s) => s.stride), dilation: spatial.map((s) => s.dilation), padding }; // prettier-ignore
  const out = slideShape("conv", frame(samples), layout, slide) as number[];
  const [, ...rest] = frame(samples);
  const x = axis === 1 ? [samples, steps, ...rest] : [steps, samples, ...rest];
  return { x, state: arrange(layout, samples, out, filters), slide };
}

function scaled(b: GraphBuilder, name: string, shape: readonly number[], scale: number): Sym {
  const whole = weightOf(name, shape);
  const read = async () => {
    const { data } = await whole.read();
    return tensor(Float32Array.from(data as Float32Array, (v) => v * scale), shape); // prettier-ignore
  };
  return b.weight({ ...whole, read }, shape, "float32");
}

function build(b: GraphBuilder, layer: Layer, [x, h0, c0]: readonly Sym[]): readonly Sym[] {
  const { channels, filters, axis, goBackwards, layout, useBias, zeroState, scale = 1 } = layer;
  const { state, slide } = shapesOf(layer);
  const zero = b.op.full(state, 0, "float32");
  const init = zeroState ? [zero, zero] : [h0!, c0!];
  const attrs = { axis, goBackwards, zeroOutputForMask: false };
  const { sequence, last, states } = b.rnn({ x: x!, mask: null, states: init }, attrs, (xt, [h, c]) => {
    const kernel = scaled(b, "kernel", [...slide.size, channels, 4 * filters], scale);
    const recurrent = scaled(b, "recurrent", [...slide.size, filters, 4 * filters], scale);
    const bias = useBias ? weight(b, "bias", [4 * filters]) : undefined;
    const next = b.op.convLstmCell(xt, h!, c!, kernel, recurrent, bias, {
      activation: { fn: "tanh" },
      recurrentActivation: { fn: "sigmoid" },
      conv: { layout, groups: 1, ...slide },
    });
    return { y: next[0], states: next };
  });
  return [sequence, last, ...states];
}

test("convolutional LSTM kernels agree with the reference over any shape and option", async () => {
  await fc.assert(
    fc.asyncProperty(layers, async (layer) => {
      const { x, state } = shapesOf(layer);
      const inputs = [random(x), random(state, "float32", 3), random(state, "float32", 4)];
      expect(await apart({ inputs, build: (b, syms) => build(b, layer, syms) })).toBeLessThanOrEqual(1e-6);
      const b = new GraphBuilder();
      const syms = inputs.map(({ shape, dtype }) => b.input(shape, dtype));
      expect(opNames(lower(b.finish(build(b, layer, syms)), takes))).toContain("rnn");
    }),
    { numRuns: 80 },
  );
});

describe("by minimal filtering", () => {
  const plane = (...lengths: number[]) => lengths.map((length) => ({ length, size: 3, stride: 1, dilation: 1 }));
  const base: Layer = { spatial: plane(10, 9), layout: "last", padding: "same", channels: 3, filters: 16, samples: 1, steps: 3, axis: 1, useBias: true, goBackwards: false, zeroState: true, scale: 0.1 }; // prettier-ignore
  const CASES: readonly [string, Partial<Layer>][] = [
    ["few channels", {}],
    ["channels in vectors, several samples", { channels: 8, samples: 3 }],
    ["time major, backwards", { channels: 16, samples: 2, axis: 0, goBackwards: true }],
    ["backwards from a state, no bias", { samples: 2, goBackwards: true, zeroState: false, useBias: false }],
    ["channels first, from a state", { channels: 8, samples: 2, layout: "first", zeroState: false }],
    ["valid, strides and dilation of the input's", { padding: "valid", channels: 4, spatial: [{ length: 17, size: 3, stride: 2, dilation: 1 }, { length: 15, size: 3, stride: 1, dilation: 2 }] }], // prettier-ignore
    ["volumes", { spatial: plane(3, 6, 7), channels: 8, samples: 2 }],
    ["more samples than go together", { spatial: plane(56, 56), samples: 2, steps: 2 }],
  ];

  test.each(CASES)("%s", async (_, differs) => {
    const layer = { ...base, ...differs };
    const { x, state } = shapesOf(layer);
    const inputs = [random(x), random(state, "float32", 3), random(state, "float32", 4)];
    const model = { inputs, build: (b: GraphBuilder, syms: readonly Sym[]) => build(b, layer, syms) };
    usePlatformThreads(start);
    const [once, shared] = [await both(model), await both(model, { threads: 2, threadWork: 0 })];
    once.found.forEach((y, i) => expect(distance(y, once.exact[i]!)).toBeLessThanOrEqual(1e-6));
    expect(shared.found).toEqual(once.found);
    const b = new GraphBuilder();
    const graph = lower(b.finish(build(b, layer, inputs.map(({ shape, dtype }) => b.input(shape, dtype)))), takes); // prettier-ignore
    const linker = new Linker({ relaxed: false, shared: false });
    const shapes = inputs.map(({ shape }) => shape);
    const { kernels } = await withRules(() => compile(graph, shapes, linker, new FixedMemory()));
    const names = kernels.map(({ kernel }) => kernel.key.split(" {")[0]);
    expect(names).toContain("winograd");
    expect(names).toContain("conv cell");
  });
});
