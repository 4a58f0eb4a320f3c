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
  return running(cx, x, axis, 1, (product, value) => op.multiply(product, value));
}

/** Along an axis what a step makes of itself and the next element, from `start` on. */
export function running(cx: Context, x: Sym, axis: number, start: number, next: (before: Sym, value: Sym) => Sym): Sym {
  const sizes = x.shape.flatMap((_, i) => (i === axis ? [] : [cx.size(x, i)]));
  const step = ([before]: readonly Sym[], [value]: readonly Sym[]) => {
    const y = next(before!, value!);
    return { carry: [y], ys: [y] };
  };
  return cx.scan([cx.op.full(sizes, start, x.dtype)], [x], step, { axis }).ys[0]!;
}

/** The arguments of TensorFlow's running functions: of each element those up to it, or only those before it; or the other way round. */
export function upToEach(
  cx: Context,
  given: Sym,
  axis: number,
  { reverse, exclusive, start }: { reverse: boolean; exclusive: boolean; start: number },
  f: (x: Sym) => Sym,
): Sym {
  const { op } = cx;
  const turned = (y: Sym): Sym => (reverse ? op.reverse(y, [axis]) : y);
  if (!exclusive) return turned(f(turned(given)));
  const later = op.pad(turned(given), given.shape.map((_, i) => [i === axis ? 1 : 0, 0]), start); // prettier-ignore
  return turned(f(op.slice(later, [{ axis, start: 0, stop: -1, step: 1 }])));
}
