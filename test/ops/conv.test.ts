/** Convolutions and pooling against their definition, output by output. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Attrs, Nd } from "../../src/ops/types.ts";
import { at, generate, indices, runOp, shapeOf } from "./run.ts";

const value = (seed: number) => (index: readonly number[]) =>
  Math.round(Math.sin(seed + index.reduce((sum, i, axis) => sum + (axis * 7 + 3) * i, 0)) * 64) / 64;

/** [n, channels, ...spatial] to where a layout keeps it. */
const place = (layout: string, n: number, c: number, spatial: readonly number[]) =>
  layout === "first" ? [n, c, ...spatial] : [n, ...spatial, c];

interface Slide {
  readonly layout: "first" | "last";
  readonly strides: number[];
  readonly dilation: number[];
  readonly padding: "valid" | "same" | "causal" | [number, number][];
}

/** Padding in front by TensorFlow's formulas, worked out from the lengths of both sides. */
function front(slide: Slide, axis: number, input: number, output: number, size: number): number {
  const covered = (size - 1) * slide.dilation[axis]! + 1;
  if (slide.padding === "valid") return 0;
  if (slide.padding === "causal") return covered - 1;
  if (slide.padding !== "same") return slide.padding[axis]![0];
  return Math.floor(Math.max((output - 1) * slide.strides[axis]! + covered - input, 0) / 2);
}

function naiveConv(x: Nd, kernel: Nd, slide: Slide, groups: number, shape: readonly number[]): Nd {
  const rank = kernel.shape.length - 2;
  const lengths = slide.layout === "first" ? x.shape.slice(2) : x.shape.slice(1, -1);
  const outputs = slide.layout === "first" ? shape.slice(2) : shape.slice(1, -1);
  const [perGroup, cout] = [kernel.shape.at(-2)!, kernel.shape.at(-1)!];
  return generate(shape, (index) => {
    const co = slide.layout === "first" ? index[1]! : index.at(-1)!;
    const o = slide.layout === "first" ? index.slice(2) : index.slice(1, -1);
    const group = Math.floor(co / (cout / groups));
    let sum = 0;
    for (const tap of indices(kernel.shape.slice(0, rank))) {
      const i = tap.map(
        (t, a) =>
          o[a]! * slide.strides[a]! +
          t * slide.dilation[a]! -
          front(slide, a, lengths[a]!, outputs[a]!, kernel.shape[a]!),
      );
      if (i.some((n, a) => n < 0 || n >= lengths[a]!)) continue;
      for (let c = 0; c < perGroup; c++)
        sum += at(x, place(slide.layout, index[0]!, group * perGroup + c, i)) * at(kernel, [...tap, c, co]);
    }
    return sum;
  });
}

const small = (min: number, max: number) => fc.integer({ min, max });
const each = (rank: number, of: fc.Arbitrary<number>) => fc.array(of, { minLength: rank, maxLength: rank });

const conv = small(1, 3).chain((rank) =>
  fc.record({
    layout: fc.constantFrom("first" as const, "last" as const),
    batch: small(1, 2),
    lengths: each(rank, small(3, 6)),
    size: each(rank, small(1, 3)),
    strides: each(rank, small(1, 3)),
    dilation: each(rank, small(1, 2)),
    groups: small(1, 2),
    perGroup: small(1, 3),
    filters: small(1, 3),
    padding: fc.oneof(
      fc.constantFrom("valid" as const, "same" as const, ...(rank === 1 ? (["causal"] as const) : [])),
      each(rank, small(0, 2)).map((p) => p.map((n): [number, number] => [n, 2 - n])),
    ),
  }),
);

test("conv equals the sum over its window", () => {
  fc.assert(
    fc.property(conv, ({ batch, lengths, size, groups, perGroup, filters, ...slide }) => {
      const padded = lengths.map(
        (n, a) => n + (typeof slide.padding === "string" ? 0 : slide.padding[a]![0] + slide.padding[a]![1]),
      );
      fc.pre(slide.padding !== "valid" || lengths.every((n, a) => n > (size[a]! - 1) * slide.dilation[a]!));
      fc.pre(
        padded.every(
          (n, a) => n > (size[a]! - 1) * slide.dilation[a]! || slide.padding === "same" || slide.padding === "causal",
        ),
      );
      const x = generate(place(slide.layout, batch, groups * perGroup, lengths), value(1));
      const kernel = generate([...size, perGroup, groups * filters], value(2));
      const bias = generate([groups * filters], value(3));
      const attrs: Attrs = { ...slide, groups };
      const y = runOp("conv", [x, kernel, bias], attrs);
      const wanted = naiveConv(x, kernel, slide, groups, y.shape);
      const channel = slide.layout === "first" ? 1 : y.shape.length - 1;
      for (const [i, index] of indices(y.shape).entries())
        expect(y.data[i]).toBeCloseTo(wanted.data[i]! + bias.data[index[channel]!]!, 10);
      const blurred = x.shape.map((n, axis) => (axis === 0 || axis === 2 ? null : n));
      shapeOf("conv", [blurred, kernel.shape], attrs).forEach((n, axis) =>
        expect(n === null || n === y.shape[axis]).toBe(true),
      );
    }),
    { numRuns: 300 },
  );
});

test("convTranspose is the gradient of conv", () => {
  fc.assert(
    fc.property(
      conv,
      fc.constantFrom("valid" as const, "same" as const),
      ({ batch, lengths, size, perGroup, filters, layout, strides, dilation }, padding) => {
        const x = generate(place(layout, batch, perGroup, lengths), value(1));
        const kernel = generate([...size, filters, perGroup], value(2));
        const attrs = { layout, strides, dilation };
        const y = runOp("convTranspose", [x, kernel], { ...attrs, padding, outputPadding: null });
        // <convTranspose(x), z> = <x, conv(z)> for every z of the output's shape.
        const z = generate(y.shape, value(5));
        const back = runOp("conv", [z, kernel], { ...attrs, padding, groups: 1 });
        expect(back.shape).toEqual(x.shape);
        const inner = (a: Nd, b: Nd) => a.data.reduce((sum, v, i) => sum + v * b.data[i]!, 0);
        expect(inner(y, z)).toBeCloseTo(inner(x, back), 8);
      },
    ),
    { numRuns: 200 },
  );
});

test("an even kernel, same, without output padding: both ends are cut, as on JAX and PyTorch", () => {
  const x = { shape: [1, 4, 1], data: Float64Array.of(1, 2, 3, 4) };
  const kernel = { shape: [2, 1, 1], data: Float64Array.of(1, 10) };
  const attrs = { layout: "last", strides: [2], dilation: [1], padding: "same", outputPadding: [0] };
  expect(runOp("convTranspose", [x, kernel], attrs)).toEqual({
    shape: [1, 6, 1],
    data: Float64Array.of(10, 2, 20, 3, 30, 4),
  });
});

test("long lines are taken in parts", () => {
  const x = generate([1, 150, 2], value(1));
  const kernel = generate([3, 2, 2], value(2));
  const attrs = { layout: "last", strides: [2], dilation: [1] };
  const y = runOp("convTranspose", [x, kernel], { ...attrs, padding: "same", outputPadding: null });
  const z = generate(y.shape, value(5));
  const back = runOp("conv", [z, kernel], { ...attrs, padding: "same", groups: 1 });
  const inner = (a: Nd, b: Nd) => a.data.reduce((sum, v, i) => sum + v * b.data[i]!, 0);
  expect(inner(y, z)).toBeCloseTo(inner(x, back), 8);
});

// Lengths after TensorFlow's padding: input, window, stride, dilation → valid, same, causal.
test.each([
  [10, 3, 1, 1, 8, 10, 10],
  [10, 3, 2, 1, 4, 5, 5],
  [11, 3, 2, 1, 5, 6, 6],
  [10, 3, 3, 1, 3, 4, 4],
  [10, 3, 1, 2, 6, 10, 10],
  [10, 1, 4, 1, 3, 3, 3],
  [5, 2, 5, 1, 1, 1, 1],
  [7, 4, 3, 1, 2, 3, 3],
])("lengths: input %i, window %i, stride %i, dilation %i", (input, size, stride, dilation, ...wanted) => {
  const length = (padding: string) =>
    shapeOf(
      "conv",
      [
        [1, input, 1],
        [size, 1, 1],
      ],
      { layout: "last", strides: [stride], dilation: [dilation], groups: 1, padding },
    )[1];
  expect([length("valid"), length("same"), length("causal")]).toEqual(wanted);
});

test.each([
  ["a window longer than the input", [1, 2, 1], [3, 1, 1], {}],
  ["channels that are not the kernel's", [1, 4, 2], [3, 3, 1], {}],
  ["groups that do not divide the filters", [1, 4, 4], [3, 2, 3], { groups: 2 }],
  ["a kernel of another rank", [1, 4, 4, 1], [3, 1, 1], {}],
  ["options of another rank", [1, 4, 1], [3, 1, 1], { strides: [1, 1] }],
  ["a stride of 0", [1, 4, 1], [3, 1, 1], { strides: [0] }],
  ["four spatial axes", [1, 4, 4, 4, 4, 1], [1, 1, 1, 1, 1, 1], { strides: [1, 1, 1, 1], dilation: [1, 1, 1, 1] }],
] as [string, number[], number[], Attrs][])("conv refuses %s", (_, x, kernel, attrs) => {
  const all = { layout: "last", strides: [1], dilation: [1], groups: 1, padding: "valid", ...attrs };
  expect(() => shapeOf("conv", [x, kernel], all)).toThrow(expect.objectContaining({ code: "mismatch/shape" }));
});

test("an empty sequence stays empty", () => {
  const attrs = { layout: "last", strides: [1], dilation: [1], groups: 1 };
  for (const padding of ["same", "causal", "valid"])
    expect(
      shapeOf(
        "conv",
        [
          [2, 0, 1],
          [3, 1, 4],
        ],
        { ...attrs, padding },
      ),
    ).toEqual([2, 0, 4]);
});
