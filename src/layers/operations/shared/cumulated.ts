/** Running sums and products. */
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { axisOf, flat } from "./operation.ts";

/** Along an axis, or along all elements; bools are counted. */
export function cumulated(cx: Context, fn: "sum" | "product", given: Sym, along: number | null): Sym {
  const { op } = cx;
  const whole = given.dtype === "bool" ? op.cast(given, "int32") : given;
  const x = along === null ? flat(cx, whole) : whole;
  const axis = axisOf(x, along ?? 0);
  if (fn === "sum") return op.cumsum(x, axis);
  const sizes = x.shape.flatMap((_, i) => (i === axis ? [] : [cx.size(x, i)]));
  const step = ([product]: readonly Sym[], [value]: readonly Sym[]) => {
    const next = op.multiply(product!, value!);
    return { carry: [next], ys: [next] };
  };
  return cx.scan([op.full(sizes, 1, x.dtype)], [x], step, { axis }).ys[0]!;
}
