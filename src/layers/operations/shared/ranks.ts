/**
 * Orders along an axis, from comparisons of every two elements; equal ones keep their order, as in stable sorts. NaN is beyond
 * all numbers: where TensorFlow's sorts have it, no rule says.
 */
import { isFloat } from "../../../core/dtype.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";

/** More than an axis has elements. */
const FAR = 2 ** 30;

/** `places(k)`: where the k first (null: all) in ascending, or descending, order stand along `axis`, as int32. */
export function ranks(cx: Context, x: Sym, axis: number, descending = false): { places(k: Size | null): Sym } {
  const { op } = cx;
  const last = x.shape.length - 1;
  const order = x.shape.map((_, i) => i).filter((i) => i !== axis);
  const given = axis === last ? x : op.transpose(x, [...order, axis]);
  const n = cx.size(given, last);
  const isNan = isFloat(x.dtype) ? op.isNan(given) : null;
  const moved = isNan === null ? given : op.where(isNan, Infinity, given);
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
      const back = x.shape.map((_, i) => (i === axis ? last : order.indexOf(i)));
      return axis === last ? y : op.transpose(y, back);
    },
  };
}
