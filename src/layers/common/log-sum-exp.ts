/** ln Σ eˣ over some axes, which stay with length 1; without overflow. */
import type { Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";

/**
 * log(Σ exp(x)) over some axes, which stay with length 1; the largest number is taken out, so that nothing overflows.
 */
export function logSumExp({ op }: Context, x: Sym, axes: readonly number[]): Sym {
  const most = op.max(x, axes, true, true);
  return op.add(op.log(op.sum(op.exp(op.subtract(x, most)), axes, true)), most);
}
