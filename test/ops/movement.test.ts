/** Operations that only move elements, against their definition index by index. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { OpName } from "../../src/ops/signatures.ts";
import type { Attrs, Shape } from "../../src/ops/types.ts";
import { at, counting, generate, runOp, shapeOf } from "./run.ts";

const shapes = (least = 1, most = 4) => fc.array(fc.integer({ min: 0, max: 4 }), { minLength: least, maxLength: most });
const axisIn = (shape: readonly unknown[]) => fc.integer({ min: 0, max: shape.length - 1 });

/** With lengths taken away, the shape rule must still agree with what comes out. */
function expectNullsFit(
  name: OpName,
  x: readonly (readonly number[])[],
  attrs: Attrs,
  result: readonly number[],
): void {
  for (let hidden = 0; hidden < 2 ** Math.min(x[0]!.length, 3); hidden++) {
    const blurred: Shape[] = x.map((shape) => shape.map((n, axis) => ((hidden >> axis) % 2 === 1 ? null : n)));
    const shape = shapeOf(name, blurred, attrs);
    expect(shape.length).toBe(result.length);
    shape.forEach((n, axis) => expect(n === null || n === result[axis]).toBe(true));
  }
}

test("transpose", () => {
  fc.assert(
    fc.property(
      shapes(0).chain((shape) =>
        fc.tuple(
          fc.constant(shape),
          fc.shuffledSubarray(
            shape.map((_, i) => i),
            { minLength: shape.length },
          ),
        ),
      ),
      ([shape, perm]) => {
        const x = counting(shape);
        const y = runOp("transpose", [x], { perm });
        const wanted = generate(
          perm.map((p) => shape[p]!),
          (index) =>
            at(
              x,
              shape.map((_, axis) => index[perm.indexOf(axis)]!),
            ),
        );
        expect(y).toEqual(wanted);
        expectNullsFit("transpose", [shape], { perm }, y.shape);
      },
    ),
  );
});

/** Elements of a Python slice of range(length). */
function pythonSlice(length: number, start: number | null, stop: number | null, step: number): number[] {
  const wrap = (i: number) => (i < 0 ? i + length : i);
  const picked: number[] = [];
  if (step > 0) {
    for (
      let i = Math.max(0, start === null ? 0 : wrap(start));
      i < Math.min(length, stop === null ? length : wrap(stop));
      i += step
    )
      picked.push(i);
  } else {
    const end = stop === null ? -1 : Math.max(-1, wrap(stop));
    for (let i = Math.min(length - 1, start === null ? length - 1 : wrap(start)); i > end; i += step) picked.push(i);
  }
  return picked;
}

test("slice follows Python", () => {
  const bound = fc.option(fc.integer({ min: -6, max: 6 }));
  const step = fc.integer({ min: -3, max: 3 }).filter((n) => n !== 0);
  fc.assert(
    fc.property(
      shapes().chain((shape) => fc.tuple(fc.constant(shape), axisIn(shape), bound, bound, step)),
      ([shape, axis, start, stop, by]) => {
        const x = counting(shape);
        const attrs = { ranges: [{ axis, start, stop, step: by }] };
        const y = runOp("slice", [x], attrs);
        const picked = pythonSlice(shape[axis]!, start, stop, by);
        const target = shape.map((n, i) => (i === axis ? picked.length : n));
        expect(y).toEqual(
          generate(target, (index) =>
            at(
              x,
              index.map((n, i) => (i === axis ? picked[n]! : n)),
            ),
          ),
        );
        expectNullsFit("slice", [shape], attrs, y.shape);
      },
    ),
    { numRuns: 400 },
  );
});

test("reverse, repeat, pad, cumsum keep to their axis", () => {
  fc.assert(
    fc.property(
      shapes().chain((shape) => fc.tuple(fc.constant(shape), axisIn(shape), fc.integer({ min: 1, max: 3 }))),
      ([shape, axis, n]) => {
        const x = counting(shape);
        const moved = (f: (i: number) => number, length: number) =>
          generate(
            shape.map((m, i) => (i === axis ? length : m)),
            (index) =>
              at(
                x,
                index.map((m, i) => (i === axis ? f(m) : m)),
              ),
          );
        const own = shape[axis]!;
        expect(runOp("reverse", [x], { axes: [axis] })).toEqual(moved((i) => own - 1 - i, own));
        expect(runOp("repeat", [x], { axis, times: n })).toEqual(moved((i) => Math.floor(i / n), own * n));
        const amounts = shape.map((_, i) => (i === axis ? [n, 1] : [0, 0]));
        const padded = runOp("pad", [x], { amounts, value: -1 });
        const wanted = generate(padded.shape, (index) => {
          const inner = index.map((m, i) => (i === axis ? m - n : m));
          return inner[axis]! < 0 || inner[axis]! >= own ? -1 : at(x, inner);
        });
        expect(padded).toEqual(wanted);
        expectNullsFit("pad", [shape], { amounts, value: -1 }, padded.shape);
      },
    ),
  );
});

test("concat and slice undo each other", () => {
  fc.assert(
    fc.property(
      shapes().chain((shape) => fc.tuple(fc.constant(shape), axisIn(shape), fc.integer({ min: 0, max: 3 }))),
      ([shape, axis, n]) => {
        const x = counting(shape);
        const y = counting(
          shape.map((m, i) => (i === axis ? n : m)),
          1000,
        );
        const both = runOp("concat", [x, y], { axis });
        const cut = (start: number, stop: number) =>
          runOp("slice", [both], { ranges: [{ axis, start, stop, step: 1 }] });
        expect(cut(0, shape[axis]!)).toEqual(x);
        expect(cut(shape[axis]!, shape[axis]! + n)).toEqual(y);
      },
    ),
  );
});

test("broadcastTo, and arithmetic on shapes that broadcast", () => {
  fc.assert(
    fc.property(
      shapes(0).chain((target) =>
        fc.tuple(
          fc.constant(target),
          fc.array(fc.boolean(), { minLength: target.length, maxLength: target.length }),
          fc.integer({ min: 0, max: target.length }),
        ),
      ),
      ([target, flat, drop]) => {
        const shape = target.map((n, axis) => (flat[axis] === true ? 1 : n)).slice(drop);
        const x = counting(shape);
        const wanted = generate(target, (index) =>
          at(
            x,
            index.slice(drop).map((n, i) => (shape[i] === 1 ? 0 : n)),
          ),
        );
        expect(runOp("broadcastTo", [x], { shape: target })).toEqual(wanted);
        const zero = generate(target, () => 0);
        expect(runOp("add", [x, zero])).toEqual(wanted);
        expect(runOp("subtract", [zero, x]).data).toEqual(wanted.data.map((v) => 0 - v));
        expectNullsFit("add", [shape, target], {}, target);
      },
    ),
  );
});

test("gather takes rows and refuses what lies outside", () => {
  const table = counting([3, 2]);
  const indices = { shape: [2, 2], data: Float64Array.of(2, 0, 1, 1) };
  expect(runOp("gather", [table, indices], { axis: 0 })).toEqual(
    generate([2, 2, 2], ([i, j, k]) => at(table, [indices.data[i! * 2 + j!]!, k!])),
  );
  for (const wrong of [3, -1, NaN]) {
    const run = () => runOp("gather", [table, { shape: [1], data: Float64Array.of(wrong) }], { axis: 0 });
    expect(run).toThrow(expect.objectContaining({ code: "mismatch/range" }));
  }
});

test("reshape counts elements", () => {
  const x = counting([2, 3, 4]);
  expect(runOp("reshape", [x], { shape: [4, -1] }).shape).toEqual([4, 6]);
  expect(shapeOf("reshape", [[null, 3]], { shape: [-1, 3] })).toEqual([null, 3]);
  expect(shapeOf("reshape", [[null, 3]], { shape: [{ of: 0, axis: 0 }, 3] })).toEqual([null, 3]);
  expect(shapeOf("reshape", [[0, 3]], { shape: [-1, 3] })).toEqual([0, 3]);
  for (const shape of [
    [5, 5],
    [5, -1],
    [0, -1],
  ])
    expect(() => shapeOf("reshape", [[2, 3, 4]], { shape })).toThrow(
      expect.objectContaining({ code: "mismatch/shape" }),
    );
});

test.each([
  [
    "add",
    [
      [2, 3],
      [2, 4],
    ],
    {},
  ],
  ["where", [[2], [3], [2]], {}],
  [
    "concat",
    [
      [2, 3],
      [3, 3],
    ],
    { axis: 1 },
  ],
  ["concat", [[2, 3], [2]], { axis: 0 }],
  ["squeeze", [[2, 3]], { axes: [0] }],
  ["transpose", [[2, 3]], { perm: [0, 0] }],
  ["broadcastTo", [[2, 3]], { shape: [2, 1] }],
  [
    "matmul",
    [
      [2, 3],
      [4, 2],
    ],
    { transposeA: false, transposeB: false },
  ],
  ["matmul", [[3], [3, 2]], { transposeA: false, transposeB: false }],
  ["sum", [[2, 3]], { axes: [2], keepdims: false }],
  ["pad", [[2, 3]], { amounts: [[0, 0], [0, 0.5]], value: 0 }], // prettier-ignore
  ["slice", [[2, 3]], { ranges: [{ axis: 1, start: 0.5, stop: null, step: 1 }] }],
  ["slice", [[2, 3]], { ranges: [{ axis: 1, start: 0, stop: 1.5, step: 1 }] }],
  ["gather", [[2], [2]], { axis: 1 }],
  ["softmax", [[2]], { axes: [1] }],
  ["activation", [[2, 3]], { fn: "glu" }],
  ["batchNorm", [[2, 3], [4], [3]], { axis: 1, epsilon: 1e-3, scale: false, center: false }],
  [
    "lstmCell",
    [
      [1, 3],
      [1, 2],
      [1, 2],
      [3, 6],
      [2, 8],
    ],
    { useBias: false },
  ],
] as [OpName, number[][], Attrs][])("%s refuses %j", (name, x, attrs) => {
  expect(() => shapeOf(name, x, attrs)).toThrow(expect.objectContaining({ code: "mismatch/shape" }));
});
