/** Convolutions whose padded input is made piece by piece: large enough for several pieces, against float64. */
import { describe, expect, test } from "vitest";
import { compile } from "../../../src/engines/wasm/compile.ts";
import { withRules } from "../../../src/engines/wasm/rules/later.ts";
import { FixedMemory, Linker } from "../../../src/engines/wasm/link.ts";
import { sizeOf } from "../../../src/core/tensor.ts";
import { GraphBuilder } from "../../../src/graph/builder.ts";
import type { ConvAttrs } from "../../../src/ops/attributes.ts";
import type { Sym } from "../../../src/ops/types.ts";
import { weight } from "../../graph/build.ts";
import { apart, random } from "./ops.ts";

interface Case {
  readonly shape: readonly number[];
  readonly filters: number;
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: ConvAttrs["padding"];
  readonly depthwise?: boolean;
  readonly residual?: boolean;
}

const CASES: readonly (readonly [string, Case])[] = [
  ["lines of an image", { shape: [1, 60, 50, 8], filters: 12, size: 3, stride: 1, dilation: 1, padding: "same" }],
  ["lines of several images, added to", { shape: [3, 40, 40, 8], filters: 8, size: 3, stride: 1, dilation: 1, padding: "same", residual: true }],
  ["every other line", { shape: [2, 61, 47, 9], filters: 7, size: 3, stride: 2, dilation: 1, padding: "same" }],
  ["far apart taps", { shape: [1, 64, 40, 8], filters: 5, size: 3, stride: 1, dilation: 9, padding: "same" }],
  ["a window larger than a piece", { shape: [1, 70, 30, 6], filters: 4, size: 7, stride: 3, dilation: 2, padding: "same" }],
  ["positions of a sequence", { shape: [2, 3000, 8], filters: 6, size: 5, stride: 1, dilation: 4, padding: "causal" }],
  ["slices of a volume", { shape: [1, 16, 15, 14, 8], filters: 5, size: 3, stride: 1, dilation: 1, padding: "same" }],
  ["some images of many", { shape: [40, 12, 12, 6], filters: 6, size: 3, stride: 1, dilation: 1, padding: "same", residual: true }],
  ["depthwise", { shape: [2, 60, 50, 10], filters: 10, size: 3, stride: 1, dilation: 1, padding: "same", depthwise: true, residual: true }],
  ["depthwise over a sequence", { shape: [2, 3001, 8], filters: 8, size: 5, stride: 1, dilation: 2, padding: "causal", depthwise: true, residual: true }],
]; // prettier-ignore

function build(b: GraphBuilder, c: Case, x: Sym): Sym {
  const { shape, filters, size, stride, dilation, padding, depthwise, residual } = c;
  const spatial = shape.slice(1, -1);
  const each = (n: number): number[] => spatial.map(() => n);
  const channels = shape.at(-1)!;
  const kernel = weight(b, "kernel", [...each(size), depthwise === true ? 1 : channels, filters]);
  const groups = depthwise === true ? channels : 1;
  const attrs: ConvAttrs = { layout: "last", strides: each(stride), dilation: each(dilation), groups, padding };
  const y = b.op.conv(x, kernel, weight(b, "bias", [filters]), attrs);
  return residual === true ? b.op.maximum(b.op.add(y, channels === filters ? x : y), 0) : y;
}

describe("padded input in pieces", () => {
  test.each(CASES)("%s", async (_, c) => {
    const inputs = [random(c.shape)];
    expect(await apart({ inputs, build: (b, [x]) => [build(b, c, x!)] })).toBeLessThanOrEqual(1e-6);
  });

  test.each(CASES)("%s: little memory beside input and output", async (_, c) => {
    const b = new GraphBuilder();
    const y = build(b, c, b.input(c.shape, "float32"));
    const linker = new Linker({ relaxed: false, shared: false });
    const graph = b.finish([y]);
    const plan = await withRules(() => compile(graph, [c.shape], linker, new FixedMemory()));
    const live = 4 * (sizeOf(c.shape) + sizeOf(y.shape as number[]));
    expect(plan.arenaBytes).toBeLessThanOrEqual(1.1 * live + 33 * 1024);
  });
});
