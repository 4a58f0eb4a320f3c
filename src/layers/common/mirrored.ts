/** Padding with what lies within. Source: keras/src/ops/numpy.py (Pad), tf.pad. */
import type { Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";

/** What lies beyond the borders mirrored into sight; `reflect` leaves out the border itself. */
export function mirrored(
  cx: Context,
  x: Sym,
  amounts: readonly (readonly [number, number])[],
  mode: "reflect" | "symmetric",
): Sym {
  const skip = mode === "reflect" ? 1 : 0;
  return amounts.reduce((y, [before, after], axis) => {
    const part = (start: number, stop: number | null) =>
      cx.op.reverse(cx.op.slice(y, [{ axis, start, stop, step: 1 }]), [axis]);
    const left = before > 0 ? [part(skip, before + skip)] : [];
    const right = after > 0 ? [part(-after - skip, skip === 0 ? null : -1)] : [];
    return left.length + right.length === 0 ? y : cx.op.concat([...left, y, ...right], axis);
  }, x);
}

/** x[..., T] → [..., T + 2 · count], as a centred short-time transform wants it. */
export const mirroredEnds = (cx: Context, x: Sym, count: number): Sym =>
  mirrored(cx, x, x.shape.map((_, axis, all) => (axis === all.length - 1 ? [count, count] : [0, 0])), "reflect"); // prettier-ignore
