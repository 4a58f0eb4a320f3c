/** Elements put together or repeated: concat, pad, repeat, tile. */
import type { PrimitiveRule } from "./define.ts";
import { anything, same } from "./dtypes.ts";
import { agree, checkAxis, checkRank, mergeLengths, refuseShapes, withAxis } from "./shapes.ts";
import { copyStrided, eachRow, stridesOf } from "./strided.ts";
import type { Shape } from "./types.ts";

const times = (length: number | null, n: number): number | null => (length === null ? null : length * n);

/** Values one after the other along an axis; their other lengths are equal. */
export const concat: PrimitiveRule<"concat"> = {
  takes: same,
  shape({ xs }, { axis }) {
    const first = xs[0]!;
    checkAxis("concat", first, axis);
    const shape = [...first];
    for (const next of xs.slice(1)) {
      if (next.length !== shape.length) refuseShapes("concat", "the same number of axes", first, next);
      for (const [i, length] of next.entries()) {
        if (i === axis) shape[i] = shape[i] === null || length === null ? null : shape[i]! + length;
        else if (agree(shape[i]!, length)) shape[i] = mergeLengths(shape[i]!, length);
        else refuseShapes("concat", `shapes that differ at axis ${axis} only`, first, next);
      }
    }
    return { y: shape };
  },
  run({ xs }, { axis }, { y: out }) {
    const inner = out.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    const outer = out.shape.slice(0, axis).reduce((a, b) => a * b, 1);
    const row = out.shape[axis]! * inner;
    let at = 0;
    for (const part of xs) {
      const length = part.shape[axis]! * inner;
      for (let i = 0; i < outer; i++) out.data.set(part.data.subarray(i * length, (i + 1) * length), i * row + at);
      at += length;
    }
  },
};

/** [before, after] copies of a number around each axis. */
export const pad: PrimitiveRule<"pad"> = {
  takes: anything,
  shape({ x }, { amounts }) {
    checkRank("pad", x, amounts.length, amounts.length);
    const isCount = (n: number): boolean => Number.isInteger(n) && n >= 0;
    if (!amounts.flat().every(isCount)) refuseShapes("pad", "amounts that are whole and not negative", x);
    return { y: x.map((length, axis) => (length === null ? null : length + amounts[axis]![0] + amounts[axis]![1])) };
  },
  run({ x }, { amounts, value }, { y: out }) {
    out.data.fill(value);
    const strides = stridesOf(out.shape);
    const offset = amounts.reduce((sum, [before], axis) => sum + before * strides[axis]!, 0);
    const length = x.shape.at(-1) ?? 1;
    eachRow(x.shape, [strides], (at, [to]) => out.data.set(x.data.subarray(at, at + length), offset + to!));
  },
};

/** Each element along an axis several times in a row. */
export const repeat: PrimitiveRule<"repeat"> = {
  takes: anything,
  shape({ x }, { axis, times: n }) {
    checkAxis("repeat", x, axis);
    return { y: withAxis(x, axis, times(x[axis]!, n)) };
  },
  run({ x }, { axis, times: n }, { y: out }) {
    const inner = x.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    for (let from = 0, to = 0; from < x.data.length; from += inner) {
      const row = x.data.subarray(from, from + inner);
      for (let i = 0; i < n; i++, to += inner) out.data.set(row, to);
    }
  },
};

/** The whole of x several times along each axis. */
export const tile: PrimitiveRule<"tile"> = {
  takes: anything,
  shape({ x }, { repeats }) {
    const rank = Math.max(x.length, repeats.length);
    const shape: Shape = [...new Array<number>(rank - x.length).fill(1), ...x];
    return { y: shape.map((length, axis) => times(length, repeats[axis - (rank - repeats.length)] ?? 1)) };
  },
  run({ x }, _, { y: out }) {
    const rank = out.shape.length;
    const lead = rank - x.shape.length;
    // Each axis becomes [repeat, own length], the repeat read with stride 0.
    const own = stridesOf(x.shape);
    const shape: number[] = [];
    const strides: number[] = [];
    for (let axis = 0; axis < rank; axis++) {
      const length = axis < lead ? 1 : x.shape[axis - lead]!;
      shape.push(length === 0 ? 0 : out.shape[axis]! / length, length);
      strides.push(0, axis < lead ? 0 : own[axis - lead]!);
    }
    copyStrided(x.data, 0, strides, shape, out.data);
  },
};
