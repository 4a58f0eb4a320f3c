/** Softmax of rows, and attention as one node: over random shapes against the reference, and against its parts bit by bit. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withRules } from "../../../src/engines/wasm/rules/later.ts";
import { wasm } from "../../../src/engines/wasm/backend.ts";
import { compile } from "../../../src/engines/wasm/compile.ts";
import { FixedMemory, Linker } from "../../../src/engines/wasm/link.ts";
import { GraphBuilder } from "../../../src/graph/builder.ts";
import type { Sym } from "../../../src/ops/types.ts";
import { useThreads } from "../../support/threads.ts";
import { apart, random } from "./ops.ts";

useThreads();

const CHAINS = ["nothing", "scale", "bias", "mask", "row mask", "causal", "halved"] as const;
type Chain = (typeof CHAINS)[number];

interface Case {
  readonly lead: readonly number[];
  /** Whether keys and values have a single matrix for all of the last leading axis. */
  readonly isGrouped: boolean;
  readonly rows: number;
  readonly length: number;
  readonly depth: number;
  readonly columns: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly before: readonly Chain[];
  readonly after: readonly Chain[];
}

const chains = fc.array(fc.constantFrom(...CHAINS), { maxLength: 3 });
const cases: fc.Arbitrary<Case> = fc.record({
  lead: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }),
  isGrouped: fc.boolean(),
  rows: fc.integer({ min: 1, max: 11 }),
  length: fc.integer({ min: 1, max: 21 }),
  depth: fc.integer({ min: 1, max: 9 }),
  columns: fc.integer({ min: 1, max: 19 }),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  before: chains,
  after: chains,
});

function through(b: GraphBuilder, chain: readonly Chain[], scores: Sym): Sym {
  const [rows, length] = scores.shape.slice(-2) as [number, number];
  const causal = () => b.op.greaterEqual(b.op.expandDims(b.op.iota(rows, "int32"), [1]), b.op.iota(length, "int32"));
  // Of every other element, from a graph's own numbers.
  const odd = (shape: readonly number[]): Sym => {
    const count = shape.reduce((a, n) => a * n, 1);
    return b.op.array(Array.from({ length: count }, (_, i) => (i * 7) % 3), shape, "float32"); // prettier-ignore
  };
  return chain.reduce<Sym>((x, kind) => {
    switch (kind) {
      case "nothing":
        return x;
      case "scale":
        return b.op.multiply(x, 0.37);
      case "bias":
        return b.op.add(odd([rows, length]), x);
      case "mask":
        return b.op.where(b.op.greater(odd(x.shape as number[]), 0), x, -1e9);
      case "row mask":
        return b.op.where(b.op.greater(odd([length]), 0), x, 0);
      case "causal":
        return b.op.where(causal(), x, -30);
      case "halved":
        return b.op.divide(x, b.op.add(odd([rows, 1]), 1));
    }
  }, scores);
}

function inputsOf({ lead, isGrouped, rows, length, depth, columns, transposeA, transposeB }: Case) {
  const own = isGrouped ? [...lead.slice(0, -1), 1] : lead;
  const of = (shape: readonly number[], [a, b]: readonly [number, number], turned: boolean) => [...shape, ...(turned ? [b, a] : [a, b])]; // prettier-ignore
  return [
    random(of(lead, [rows, depth], transposeA), "float32", 1),
    random(of(own, [depth, length], transposeB), "float32", 2),
    random([...own, length, columns], "float32", 3),
  ];
}

const build =
  (c: Case, gives: "y" | "both" = "y") =>
  (b: GraphBuilder, [q, k, v]: readonly Sym[]): Sym[] => {
    const scores = through(b, c.before, b.op.matmul(q!, k!, c));
    const weights = through(b, c.after, b.op.softmax(scores, [scores.shape.length - 1]));
    const y = b.op.matmul(weights, v!);
    return gives === "y" ? [y] : [y, weights];
  };

function graphOf(c: Case, gives: "y" | "both") {
  const b = new GraphBuilder();
  return b.finish(build(c, gives)(b, inputsOf(c).map((x) => b.input(x.shape, x.dtype)))); // prettier-ignore
}

/** Bytes of a plan's values. */
async function arenaOf(c: Case, gives: "y" | "both"): Promise<number> {
  const graph = graphOf(c, gives);
  const shapes = inputsOf(c).map((x) => x.shape);
  return (await withRules(() => compile(graph, shapes, new Linker({ relaxed: false }), new FixedMemory()))).arenaBytes;
}

async function run(c: Case, gives: "y" | "both", options = {}) {
  const session = await wasm.open(graphOf(c, gives), options);
  const [y] = await session.run(inputsOf(c));
  session.dispose();
  return y!.data;
}

const LONG: Case = { lead: [2], isGrouped: false, rows: 70, length: 1501, depth: 5, columns: 7, transposeA: false, transposeB: true, before: ["causal", "scale"], after: ["row mask"] }; // prettier-ignore

describe("attention", () => {
  test("agrees with the reference", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        expect(await apart({ inputs: inputsOf(c), build: build(c) })).toBeLessThanOrEqual(1e-6);
      }),
      { numRuns: 80 },
    );
  });

  test("is the same bit by bit as its parts, which run where the scores are wanted", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        expect(await run(c, "y")).toEqual(await run(c, "both"));
      }),
      { numRuns: 30, examples: [[LONG]] },
    );
  });

  test("keeps some rows of the scores at a time, whatever threads share", async () => {
    const c: Case = { ...LONG, rows: 300, before: ["scale"] };
    const scores = 4 * 2 * c.rows * c.length;
    expect(await arenaOf(c, "both")).toBeGreaterThan(scores);
    expect(await arenaOf(c, "y")).toBeLessThan(scores / 4);
    expect(await run(LONG, "y", { threads: 2, threadWork: 0 })).toEqual(await run(LONG, "y"));
  });
});

describe("softmax", () => {
  test.each([1, 2, 3, 4, 5, 7, 8, 30, 1025])("rows of %i", async (length) => {
    const x = random([3, length]);
    const build = (b: GraphBuilder, [x]: readonly Sym[]): Sym[] => [b.op.softmax(b.op.multiply(x!, 40), [1])];
    expect(await apart({ inputs: [x], build })).toBeLessThanOrEqual(3e-7);
  });

  test("over the last axes, and over others", async () => {
    for (const axes of [[1], [2, 1], [0], [0, 2], [0, 1, 2]]) {
      const build = (b: GraphBuilder, [x]: readonly Sym[]): Sym[] => [b.op.softmax(x!, axes)];
      expect(await apart({ inputs: [random([3, 5, 6])], build })).toBeLessThanOrEqual(3e-7);
    }
  });

  test("NaN, infinities and rows of -∞", async () => {
    const rows = [
      [0, NaN, 1, 2, 3],
      [-Infinity, 0, 1, -Infinity, 2],
      [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
      [Infinity, 0, 1, 2, 3],
      [0, 1, 2, 3, NaN],
      [3e38, -3e38, 0, -104, 3e38],
    ];
    const build = (b: GraphBuilder, [x]: readonly Sym[]): Sym[] => [b.op.softmax(x!, [1])];
    const x = { ...random([rows.length, 5]), data: Float32Array.from(rows.flat()) };
    expect(await apart({ inputs: [x], build })).toBeLessThanOrEqual(3e-7);
  });
});
