/** What quantising would make of floats. Source: tensorflow/core/kernels/fake_quant_ops_functor.h. */
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";

/** x brought to one of 2ⁿ values between two ends, of which one is moved to 0. */
export function fakeQuantized(
  { op }: Context,
  x: Sym,
  [low, high]: readonly [Sym, Sym],
  { bits, isNarrow }: { readonly bits: number; readonly isNarrow: boolean },
): Sym {
  const [least, most] = [isNarrow ? 1 : 0, 2 ** bits - 1];
  // A half is one in float32.
  const scale = op.rounded(op.divide(op.subtract(high, low), most - least));
  const zero = op.subtract(least, op.rounded(op.divide(low, scale)));
  const nudged = op.floor(op.add(op.minimum(op.maximum(zero, least), most), 0.5));
  const [from, to] = [least, most].map((n) => op.multiply(op.subtract(n, nudged), scale)) as [Sym, Sym];
  const steps = op.floor(op.add(op.divide(op.subtract(op.minimum(op.maximum(x, from), to), from), scale), 0.5));
  return op.add(op.multiply(steps, scale), from);
}
