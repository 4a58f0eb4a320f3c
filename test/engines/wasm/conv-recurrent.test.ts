/** Convolutional LSTM layers as one kernel, over random shapes and options, against the reference in float64. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { takes } from "../../../src/engines/wasm/rules/takes.ts";
import { GraphBuilder } from "../../../src/graph/builder.ts";
import { lower } from "../../../src/graph/lower.ts";
import { arrange, slideShape } from "../../../src/ops/window.ts";
import type { Sym } from "../../../src/ops/types.ts";
import { opNames, weight } from "../../graph/build.ts";
import { apart, random } from "./ops.ts";

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

function build(b: GraphBuilder, layer: Layer, [x, h0, c0]: readonly Sym[]): readonly Sym[] {
  const { channels, filters, axis, goBackwards, layout, useBias, zeroState } = layer;
  const { state, slide } = shapesOf(layer);
  const zero = b.op.full(state, 0, "float32");
  const init = zeroState ? [zero, zero] : [h0!, c0!];
  const attrs = { axis, goBackwards, zeroOutputForMask: false };
  const { sequence, last, states } = b.rnn({ x: x!, mask: null, states: init }, attrs, (xt, [h, c]) => {
    const kernel = weight(b, "kernel", [...slide.size, channels, 4 * filters]);
    const recurrent = weight(b, "recurrent", [...slide.size, filters, 4 * filters]);
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
