/** How often each index occurs. */
import { sizeFrom } from "../../ops/shapes.ts";
import type { Size, Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";

/** Fewer pairs of an index and a place are compared. */
const FEW = 2 ** 14;

/**
 * Along an axis of x, int32, what the indices 0 … depth - 1 count, each 1 or its weight (of the shape of x): [..., depth], the
 * other axes before it; an index beyond them counts nothing.
 */
export function tallied(cx: Context, x: Sym, axis: number, depth: number, weights: Sym | null): Sym {
  const { op } = cx;
  const length = x.shape[axis];
  if (typeof length === "number" && length * depth <= FEW) {
    const hits = op.cast(op.equal(op.expandDims(x, [-1]), op.iota(depth, "int32")), weights?.dtype ?? "int32");
    return op.sum(weights === null ? hits : op.multiply(hits, op.expandDims(weights, [-1])), [axis]);
  }
  const sizes = x.shape.map((_, i) => cx.size(x, i));
  const others = sizes.filter((_, i) => i !== axis);
  const lines = others.reduce((n, size) => sizeFrom("mul", n, size), 1 as Size);
  const line = op.reshape(op.iota(lines, "int32"), sizes.map((size, i) => (i === axis ? 1 : size))); // prettier-ignore
  const isThere = op.logicalAnd(op.greaterEqual(x, 0), op.less(x, depth));
  // Those that count nothing meet in a place of their own, the first.
  const places = op.where(isThere, op.add(op.add(op.multiply(line, depth), x), 1), 0);
  const each = weights ?? op.full(sizes, 1, "int32");
  const all = op.scatterAdd(op.reshape(places, [-1]), op.reshape(each, [-1]), 0, sizeFrom("add", sizeFrom("mul", lines, depth), 1)); // prettier-ignore
  return op.reshape(op.slice(all, [{ axis: 0, start: 1, stop: null, step: 1 }]), [...others, depth]);
}
