/** Turning around along an axis. Source: keras/src/ops/numpy.py (Roll), tf.roll. */
import type { Size, Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { counted } from "./sizes.ts";

/** Turned around by `shift` places along one axis. */
export function rolled(cx: Context, x: Sym, shift: Size, axis: number): Sym {
  const length = x.shape[axis] ?? null;
  if (typeof shift !== "number" || (length === null && Math.abs(shift) > 1)) {
    const { op } = cx;
    const places = op.iota(cx.size(x, axis), "int32");
    const from = op.mod(
      op.subtract(places, typeof shift === "number" ? shift : counted(cx, shift)),
      op.add(op.max(places, [0], false, true), 1),
    );
    return op.gather(x, from, axis);
  }
  const by = length === null || length === 0 ? shift : ((shift % length) + length) % length;
  if (by === 0) return x;
  const part = (start: Size | null, stop: Size | null) => cx.op.slice(x, [{ axis, start, stop, step: 1 }]);
  return cx.op.concat([part(-by, null), part(null, -by)], axis);
}
