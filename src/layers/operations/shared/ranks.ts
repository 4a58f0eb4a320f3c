/**
 * Orders along an axis: of few elements by comparing every two, of more by sorting. Equal ones keep their order, as in stable
 * sorts. NaN is beyond all numbers: where TensorFlow's sorts have it, no rule says.
 */
import { isFloat } from "../../../core/dtype.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import { countBefore } from "../../common/halving.ts";
import type { Context } from "../../define.ts";
import { alongLast } from "./along.ts";

/** More than an axis has elements. */
const FAR = 2 ** 30;

/** Axes of more elements are sorted. */
const FEW = 64;

/** Where all elements of x[..., n] stand in their order: each is told by how many are before it, then by its own place. */
function placesBySorting(cx: Context, x: Sym, isNan: Sym | null, n: number, descending: boolean): Sym {
  const { op } = cx;
  const last = x.shape.length - 1;
  const sorted = op.sort(x, last);
  const below = countBefore(cx, x, n, (places) => alongLast(cx, sorted, places), descending);
  const before = op.cast(descending ? op.subtract(n, below) : below, "float64");
  // Beside infinities, which the NaN stand as, they are last.
  const beyond = isNan === null ? 0 : op.where(isNan, descending ? 0 : n, descending ? n : 0);
  const place = op.cast(op.add(op.iota(n, "int32"), beyond), "float64");
  return op.cast(op.mod(op.sort(op.add(op.multiply(before, 2 * n), place), last), n), "int32");
}

/** `places(k)`: where the k first (null: all) in ascending, or descending, order stand along `axis`, as int32. */
export function ranks(cx: Context, x: Sym, axis: number, descending = false): { places(k: Size | null): Sym } {
  const { op } = cx;
  const last = x.shape.length - 1;
  const order = x.shape.map((_, i) => i).filter((i) => i !== axis);
  const given = axis === last ? x : op.transpose(x, [...order, axis]);
  const n = cx.size(given, last);
  const isNan = isFloat(x.dtype) ? op.isNan(given) : null;
  const moved = isNan === null ? given : op.where(isNan, Infinity, given);
  const back = x.shape.map((_, i) => (i === axis ? last : order.indexOf(i)));
  const inPlace = (y: Sym): Sym => (axis === last ? y : op.transpose(y, back));
  if (typeof n === "number" && n > FEW) {
    const all = placesBySorting(cx, moved, isNan, n, descending);
    return { places: (k) => inPlace(k === null ? all : op.gather(all, op.iota(k, "int32"), last)) };
  }
  const [self, other] = [op.expandDims(moved, [last + 1]), op.expandDims(moved, [last])];
  const counter = op.iota(n, "int32");
  // Beside infinities, which the NaN stand as, they are last.
  const behind = isNan === null ? counter : op.where(isNan, op.add(counter, descending ? -FAR : FAR), counter);
  const lastOf = behind.shape.length - 1;
  const earlier = op.less(op.expandDims(behind, [lastOf]), op.expandDims(behind, [lastOf + 1]));
  const before = descending ? op.greater(other, self) : op.less(other, self);
  const ahead = op.logicalOr(before, op.logicalAnd(op.equal(other, self), earlier));
  const rank = op.sum(op.cast(ahead, "int32"), [last + 1]);
  return {
    places(k) {
      // The element whose rank is r stands at place r.
      const wanted = op.iota(k ?? n, "int32");
      const hit = op.equal(op.expandDims(rank, [last]), op.expandDims(wanted, [1]));
      const y = op.sum(op.multiply(op.cast(hit, "int32"), counter), [last + 1]);
      return inPlace(y);
    },
  };
}
