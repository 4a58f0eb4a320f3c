/** Gradients of what moves elements, or makes them from nothing. */
import type { OpContext } from "../builder.ts";
import { sliceOf } from "../move.ts";
import type { Sym } from "../types.ts";
import { type Gradient, knownLengths, sumTo } from "./define.ts";

const NOTHING = { notDifferentiable: "made from no values" };

/** `x` with `gap - 1` zeros between the elements of an axis. */
export function spaced({ op }: OpContext, x: Sym, axis: number, gap: number): Sym {
  const shape = knownLengths(x);
  const length = shape[axis]!;
  if (gap === 1 || length <= 1) return x;
  const apart = op.pad(
    op.expandDims(x, [axis + 1]),
    [...shape, 1].map((_, i) => (i === axis + 1 ? [0, gap - 1] : [0, 0])),
  );
  const joined = op.reshape(
    apart,
    shape.map((n, i) => (i === axis ? n * gap : n)),
  );
  return op.slice(joined, [{ axis, start: 0, stop: (length - 1) * gap + 1, step: 1 }]);
}

/** `x` with copies of a number before and after each axis; a negative number of them is elements less. */
export function framed({ op }: OpContext, x: Sym, amounts: readonly (readonly [number, number])[], value = 0): Sym {
  const cut = amounts.flatMap(([before, after], axis) =>
    before < 0 || after < 0
      ? [{ axis, start: Math.max(-before, 0), stop: knownLengths(x)[axis]! - Math.max(-after, 0), step: 1 }]
      : [],
  );
  const inner = cut.length > 0 ? op.slice(x, cut) : x;
  if (amounts.flat().every((n) => n <= 0)) return inner;
  return op.pad(
    inner,
    amounts.map(([before, after]) => [Math.max(before, 0), Math.max(after, 0)]),
    value,
  );
}

const slice: Gradient<"slice"> = (cx, { x: { x }, dy, attrs }) => {
  const { op } = cx;
  const shape = knownLengths(x);
  if (knownLengths(dy).includes(0)) return { x: op.full(shape, 0, x.dtype) };
  let apart = dy;
  const amounts = shape.map((): [number, number] => [0, 0]);
  for (const range of attrs.ranges) {
    const { axis, step } = range;
    const { start, count } = sliceOf(range, shape[axis]!);
    if (step < 0) apart = op.reverse(apart, [axis]);
    apart = spaced(cx, apart, axis, Math.abs(step));
    const before = step > 0 ? start : start + (count - 1) * step;
    amounts[axis] = [before, shape[axis]! - before - knownLengths(apart)[axis]!];
  }
  return { x: framed(cx, apart, amounts) };
};

/** Of what repeats: `[times, own length]`, or the other way around, summed over `times`. */
function unrepeated({ op }: OpContext, dy: Sym, x: Sym, times: readonly number[], isOuter: boolean): Sym {
  const own = [...times.slice(0, times.length - x.shape.length).map(() => 1), ...knownLengths(x)];
  const split = op.reshape(
    dy,
    own.flatMap((n, i) => (isOuter ? [times[i]!, n] : [n, times[i]!])),
  );
  const total = op.sum(
    split,
    own.map((_, i) => 2 * i + (isOuter ? 0 : 1)),
  );
  return op.reshape(total, knownLengths(x));
}

/** Each element gets what came to the place that it went to. */
const sort: Gradient<"sort"> = ({ op }, { x: { x }, dy, attrs: { axis, descending } }) => {
  const n = knownLengths(x)[axis]!;
  const perm = [...x.shape.map((_, i) => i).filter((i) => i !== axis), axis];
  const lengths = knownLengths(x).filter((_, i) => i !== axis);
  const rows = lengths.reduce((a, b) => a * b, 1);
  const went = op.argsort(op.argsort(op.transpose(x, perm), -1, descending), -1);
  const starts = op.multiply(op.iota(rows, "int32"), n);
  const flat = op.add(op.reshape(went, [rows, n]), op.expandDims(starts, [1]));
  const moved = op.gather(op.reshape(op.transpose(dy, perm), [-1]), flat, 0);
  const inverse = perm.map((_, i) => perm.indexOf(i));
  return { x: op.transpose(op.reshape(moved, [...lengths, n]), inverse) };
};

/** Gradients of the operations on places of elements. */
export const movement = {
  full: NOTHING,
  iota: NOTHING,
  random: NOTHING,
  bitcast: NOTHING,
  reshape: back,
  expandDims: back,
  squeeze: back,
  transpose: (({ op }, { dy, attrs: { perm } }) => ({
    x: op.transpose(
      dy,
      perm.map((_, i) => perm.indexOf(i)),
    ),
  })) satisfies Gradient<"transpose">,
  broadcastTo: ((cx, { x, dy }) => ({ x: sumTo(cx, dy, x.x) })) satisfies Gradient<"broadcastTo">,
  slice,
  reverse: (({ op }, { dy, attrs }) => ({ x: op.reverse(dy, attrs.axes) })) satisfies Gradient<"reverse">,
  concat: (({ op }, { x: { xs }, dy, attrs: { axis } }) => {
    let at = 0;
    return {
      xs: xs.map((x) => {
        const start = at;
        at += knownLengths(x)[axis]!;
        return op.slice(dy, [{ axis, start, stop: at, step: 1 }]);
      }),
    };
  }) satisfies Gradient<"concat">,
  pad: ((cx, { dy, attrs }) => ({
    x: framed(
      cx,
      dy,
      attrs.amounts.map(([before, after]) => [-before, -after]),
    ),
  })) satisfies Gradient<"pad">,
  repeat: ((cx, { x: { x }, dy, attrs }) => ({
    x: unrepeated(
      cx,
      dy,
      x,
      x.shape.map((_, i) => (i === attrs.axis ? attrs.times : 1)),
      false,
    ),
  })) satisfies Gradient<"repeat">,
  tile: ((cx, { x: { x }, dy }) => {
    const own = [...dy.shape.slice(x.shape.length).map(() => 1), ...knownLengths(x)];
    const times = knownLengths(dy).map((n, i) => (own[i] === 0 ? 1 : n / own[i]!));
    return { x: unrepeated(cx, dy, x, times, true) };
  }) satisfies Gradient<"tile">,
  gather: (({ op }, { x: { table, indices }, dy, attrs: { axis } }) => ({
    table: op.scatterAdd(indices, dy, axis, knownLengths(table)[axis]!),
  })) satisfies Gradient<"gather">,
  scatterAdd: (({ op }, { x: { indices }, dy, attrs: { axis } }) => ({
    updates: op.gather(dy, indices, axis),
  })) satisfies Gradient<"scatterAdd">,
  cumsum: (({ op }, { dy, attrs: { axis, reverse } }) => ({
    x: op.cumsum(dy, axis, !reverse),
  })) satisfies Gradient<"cumsum">,
  sort,
  argsort: { notDifferentiable: "an index" },
};

/** The same elements under the shape that they had. */
function back({ op }: OpContext, { x: { x }, dy }: { readonly x: { readonly x: Sym }; readonly dy: Sym }): { x: Sym } {
  return { x: op.reshape(dy, knownLengths(x)) };
}
