/** Padding with what lies within. Source: keras/src/ops/numpy.py (Pad), tf.pad. */
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import { sizeFrom } from "../../ops/shapes.ts";
import type { Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";

/** What lies beyond the borders mirrored into sight; `reflect` leaves out the border itself. Refused where an axis is too short for it. */
export function mirrored(
  cx: Context,
  x: Sym,
  amounts: readonly (readonly [number, number])[],
  mode: "reflect" | "symmetric",
): Sym {
  const skip = mode === "reflect" ? 1 : 0;
  return amounts.reduce((y, [before, after], axis) => {
    const n = y.shape[axis] ?? null;
    const least = Math.max(before, after) + skip;
    if (before + after > 0 && n !== null && n < least)
      fail("mismatch/shape", { expected: `at least ${least} along axis ${axis}`, found: showShape(x.shape) });
    const part = (start: number, stop: number | null) =>
      cx.op.reverse(cx.op.slice(y, [{ axis, start, stop, step: 1 }]), [axis]);
    const left = before > 0 ? [part(skip, before + skip)] : [];
    const right = after > 0 ? [part(-after - skip, skip === 0 ? null : -1)] : [];
    if (left.length + right.length === 0) return y;
    const wide = cx.op.concat([...left, y, ...right], axis);
    if (n !== null) return wide;
    const sizes = y.shape.map((_, i) => (i === axis ? sizeFrom("add", cx.size(y, i), before + after) : cx.size(y, i)));
    return cx.op.reshape(wide, sizes);
  }, x);
}

/** x[..., T] → [..., T + 2 · count], as a centred short-time transform wants it. */
export const mirroredEnds = (cx: Context, x: Sym, count: number): Sym =>
  mirrored(cx, x, x.shape.map((_, axis, all) => (axis === all.length - 1 ? [count, count] : [0, 0])), "reflect"); // prettier-ignore
