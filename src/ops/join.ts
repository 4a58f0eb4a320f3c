/** Elements put together or repeated: concat, pad, repeat, tile. */
import type { PrimitiveRule } from "./define.ts";
import { anything, same } from "./dtypes.ts";
import { agree, checkAxis, checkRank, mergeLengths, refuseShapes, withAxis } from "./shapes.ts";
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
};

/** Each element along an axis several times in a row. */
export const repeat: PrimitiveRule<"repeat"> = {
  takes: anything,
  shape({ x }, { axis, times: n }) {
    checkAxis("repeat", x, axis);
    return { y: withAxis(x, axis, times(x[axis]!, n)) };
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
};
