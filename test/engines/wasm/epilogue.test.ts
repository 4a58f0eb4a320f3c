/** Products and convolutions that end with an element-wise chain, over random shapes, against the reference in float64. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fuse } from "../../../src/engines/wasm/fuse.ts";
import { GraphBuilder } from "../../../src/graph/builder.ts";
import type { ConvAttrs } from "../../../src/ops/attributes.ts";
import type { Sym } from "../../../src/ops/types.ts";
import { weight } from "../../graph/build.ts";
import { apart, random } from "./ops.ts";

const KINDS = ["product", "convolution", "pointwise", "depthwise"] as const;
const ENDS = ["bias", "normalisation", "residual", "scalar", "relu", "sigmoid", "gelu", "twice"] as const;

interface Case {
  readonly kind: (typeof KINDS)[number];
  readonly ends: readonly (typeof ENDS)[number][];
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
}

const cases: fc.Arbitrary<Case> = fc.record({
  kind: fc.constantFrom(...KINDS),
  ends: fc.array(fc.constantFrom(...ENDS), { minLength: 1, maxLength: 4 }),
  rows: fc.integer({ min: 1, max: 7 }),
  depth: fc.integer({ min: 1, max: 9 }),
  columns: fc.integer({ min: 1, max: 37 }),
});

function made(b: GraphBuilder, { kind, depth, columns }: Case, x: Sym): Sym {
  if (kind === "product") return b.op.matmul(x, weight(b, "kernel", [depth, columns]));
  const size = kind === "pointwise" ? 1 : 3;
  const groups = kind === "depthwise" ? columns : 1;
  const attrs: ConvAttrs = { layout: "last", strides: [1, 1], dilation: [1, 1], groups, padding: "same" };
  const kernel = weight(b, "kernel", [size, size, kind === "depthwise" ? 1 : depth, columns]);
  return b.op.conv(x, kernel, columns % 2 === 0 ? weight(b, "bias", [columns]) : undefined, attrs);
}

function shapesOf({ kind, rows, depth, columns }: Case) {
  const left = kind === "product" ? [2, rows, depth] : [2, rows, 3, kind === "depthwise" ? columns : depth];
  return { left, residual: [...left.slice(0, -1), columns] };
}

function ended(b: GraphBuilder, { ends, columns }: Case, y: Sym, residual: Sym): Sym {
  const column = (name: string): Sym => weight(b, name, [columns]);
  return ends.reduce<Sym>((z, end, i) => {
    switch (end) {
      case "bias":
        return b.op.add(z, column(`bias${i}`));
      case "normalisation":
        return b.op.add(b.op.multiply(b.op.subtract(z, column(`mean${i}`)), column(`factor${i}`)), column(`beta${i}`));
      case "residual":
        return b.op.add(residual, z);
      case "scalar":
        return b.op.multiply(z, 0.25);
      case "relu":
        return b.op.maximum(z, 0);
      case "sigmoid":
        return b.op.sigmoid(z);
      case "gelu":
        return b.op.multiply(b.op.multiply(z, 0.5), b.op.erfc(b.op.multiply(b.op.negative(z), Math.SQRT1_2)));
      case "twice":
        return b.op.multiply(z, b.op.tanh(z));
    }
  }, y);
}

const build =
  (c: Case) =>
  (b: GraphBuilder, [x, residual]: readonly Sym[]) => [ended(b, c, made(b, c, x!), residual!)];

describe("epilogues", () => {
  test("agree with the reference", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const { left, residual } = shapesOf(c);
        const inputs = [random(left), random(residual, "float32", 2)];
        expect(await apart({ inputs, build: build(c) })).toBeLessThanOrEqual(2e-6);
      }),
      { numRuns: 200 },
    );
  });

  const planned = (c: Case): string[] => {
    const b = new GraphBuilder();
    const { left, residual } = shapesOf(c);
    const graph = b.finish(build(c)(b, [b.input(left, "float32"), b.input(residual, "float32")]));
    return fuse(graph).map((node) => node.op);
  };

  test.each(KINDS)("a %s and its chain are one node", (kind) => {
    const c = { kind, ends: ["normalisation", "residual", "gelu"], rows: 2, depth: 3, columns: 5 } as const;
    expect(planned(c)).toEqual([kind === "product" ? "matmul" : "conv"]);
  });

  test("what something else reads too stays", () => {
    const b = new GraphBuilder();
    const y = b.op.matmul(b.input([2, 3], "float32"), weight(b, "kernel", [3, 4]));
    expect(fuse(b.finish([y, b.op.tanh(y)])).map((node) => node.op)).toEqual(["matmul", "elementwise"]);
  });
});
