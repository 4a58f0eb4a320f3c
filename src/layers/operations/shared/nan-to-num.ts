/** Numbers for what is none. */
import { isFloat } from "../../../core/dtype.ts";
import { MOST } from "../../../ops/dtypes.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";

interface Replaced {
  readonly nan: number;
  /** null: the largest and smallest number of the dtype. */
  readonly posinf: number | null;
  readonly neginf: number | null;
}

/** x with NaN and the infinities replaced; null stands for the largest, or least, number of its dtype. */
export function nanToNum({ op }: Context, x: Sym, { nan, posinf, neginf }: Replaced): Sym {
  if (!isFloat(x.dtype)) return x;
  const most = MOST[x.dtype]!;
  const at = (value: number): Sym => op.constant(value, x.dtype);
  const finite = op.where(op.isInf(x), op.where(op.greater(x, 0), at(posinf ?? most), at(neginf ?? -most)), x);
  return op.where(op.isNan(x), nan, finite);
}
