/** Elements read in another order: transpose, broadcastTo, slice, reverse. */
import type { SliceRange } from "./attributes.ts";
import type { PrimitiveRule } from "./define.ts";
import { anything } from "./dtypes.ts";
import { broadcast, checkAxes, checkAxis, numberOfSize, refuseShapes, withAxis } from "./shapes.ts";
import type { Shape, Size } from "./types.ts";

/** Axis i of y is axis perm[i] of x. */
export const transpose: PrimitiveRule<"transpose"> = {
  takes: anything,
  shape({ x }, { perm }) {
    if (perm.length !== x.length || new Set(perm).size !== perm.length || perm.some((p) => p < 0 || p >= x.length))
      refuseShapes("transpose", `axes [${perm.join(", ")}]`, x);
    return { y: perm.map((axis) => x[axis]!) };
  },
};

/** x as often as a shape needs, as NumPy does. */
export const broadcastTo: PrimitiveRule<"broadcastTo"> = {
  takes: anything,
  shape({ x }, { shape }) {
    const target: Shape = shape.map((size) => numberOfSize(size));
    const merged = broadcast("broadcastTo", [x, target]);
    // Only x may stretch: a target of 1 where x is longer is no broadcast.
    const shrinks = target.some((length, axis) => length === 1 && merged[axis] !== 1 && merged[axis] !== null);
    if (merged.length !== target.length || shrinks) refuseShapes("broadcastTo", `a shape that stretches`, x, target);
    return { y: merged.map((length, axis) => (target[axis] === 1 ? 1 : length)) };
  },
};

/**
 * How a value is stretched to a shape: how often it is repeated along axes of which both lengths are known, and the lengths
 * of others, which it has or stretches to. null: only a run tells whether it stretches to a known length.
 */
export function stretches(
  from: Shape,
  shape: readonly Size[],
): { readonly repeats: readonly number[]; readonly open: readonly Size[] } | null {
  const own = [...shape.slice(from.length).map(() => 1), ...from];
  if (shape.some((n, i) => own[i] === null && typeof n === "number")) return null;
  return {
    repeats: shape.map((n, i) => (own[i] === 1 && typeof n === "number" ? n : 1)),
    open: shape.map((n) => (typeof n === "number" ? 1 : n)),
  };
}

/** Whether a slice leaves anything out. */
export const isCut = ({ start, stop, step }: SliceRange): boolean => (start ?? 0) !== 0 || stop !== null || step !== 1;

/** Start and number of elements of a Python slice over a known length. */
export function sliceOf(range: SliceRange, length: number): { start: number; count: number } {
  const { step } = range;
  const [least, most] = step > 0 ? [0, length] : [-1, length - 1];
  const bound = (size: Size | null, otherwise: number): number => {
    if (size === null) return otherwise;
    const at = numberOfSize(size)!;
    return Math.min(Math.max(at < 0 ? at + length : at, least), most);
  };
  const start = bound(range.start, step > 0 ? 0 : length - 1);
  const stop = bound(range.stop, step > 0 ? length : -1);
  return { start, count: Math.max(0, Math.ceil((stop - start) / step)) };
}

const known = (size: Size | null): boolean => size === null || numberOfSize(size) !== null;

/** A Python slice of some axes. */
export const slice: PrimitiveRule<"slice"> = {
  takes: anything,
  shape({ x }, { ranges }) {
    let shape: Shape = x;
    for (const range of ranges) {
      checkAxis("slice", x, range.axis);
      const length = x[range.axis]!;
      if (!Number.isInteger(range.step) || range.step === 0) refuseShapes("slice", "a step other than 0", x);
      const bounds = [range.start, range.stop].filter((bound) => typeof bound === "number");
      if (!bounds.every(Number.isInteger)) refuseShapes("slice", "bounds that are whole numbers", x);
      if (range.start === null && range.stop === null && Math.abs(range.step) === 1) continue;
      const resolved = length !== null && known(range.start) && known(range.stop);
      shape = withAxis(shape, range.axis, resolved ? sliceOf(range, length).count : null);
    }
    return { y: shape };
  },
};

/** Some axes turned around. */
export const reverse: PrimitiveRule<"reverse"> = {
  takes: anything,
  shape({ x }, { axes }) {
    checkAxes("reverse", x, axes);
    return { y: x };
  },
};
