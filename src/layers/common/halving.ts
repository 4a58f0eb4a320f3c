/** Places among numbers that rise, found by halving. */
import type { Size, Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";

/** Fewer are all compared with each value at once. */
const FEW = 16;

/** How many of the numbers of `sequence`, which rise along its one axis, stand before each value, as int32; with `right` equal ones do. */
export function placesAmong(cx: Context, sequence: Sym, values: Sym, right: boolean): Sym {
  const { op } = cx;
  const length = sequence.shape[0];
  if (typeof length === "number" && length > FEW) {
    let y = op.full(values.shape.map((_, i): Size => cx.size(values, i)), 0, "int32"); // prettier-ignore
    for (let step = 2 ** Math.floor(Math.log2(length)); step >= 1; step /= 2) {
      const next = op.add(y, step);
      const one = op.gather(sequence, op.subtract(op.minimum(next, length), 1), 0);
      const before = right ? op.logicalNot(op.less(values, one)) : op.less(one, values);
      y = op.where(op.logicalAnd(op.lessEqual(next, length), before), next, y);
    }
    return y;
  }
  const each = op.expandDims(values, [-1]);
  const before = right ? op.logicalNot(op.less(each, sequence)) : op.less(sequence, each);
  return op.sum(op.cast(before, "int32"), [-1]);
}
