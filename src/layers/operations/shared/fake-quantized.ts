/** What quantising would make of floats. Source: tensorflow/core/kernels/fake_quant_ops_functor.h. */
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";

/** x brought to one of 2ⁿ values between two ends, of which one is moved to 0. */
export function fakeQuantized(
  { op }: Context,
  x: Sym,
  [low, high]: readonly [Sym, Sym],
  { bits, isNarrow, divides }: { readonly bits: number; readonly isNarrow: boolean; readonly divides: boolean },
): Sym {
  const [least, most] = [isNarrow ? 1 : 0, 2 ** bits - 1];
  // A half is one in float32. Midway between two steps it matters whether x is divided by the scale, as TensorFlow does between
  // two ends that are tensors, or multiplied by its inverse, as it does between attributes and by channel.
  const scale = op.rounded(op.divide(op.subtract(high, low), most - least));
  const zero = op.rounded(op.subtract(least, op.rounded(op.divide(low, scale))));
  const nudged = op.floor(op.rounded(op.add(op.minimum(op.maximum(zero, least), most), 0.5)));
  const [from, to] = [least, most].map((n) => op.rounded(op.multiply(op.subtract(n, nudged), scale))) as [Sym, Sym];
  const above = op.subtract(op.minimum(op.maximum(x, from), to), from);
  const zeroAt = op.floor(op.add(op.divide(op.negative(from), scale), 0.5));
  const scaled = divides ? op.divide(above, scale) : op.multiply(above, op.rounded(op.divide(1, scale)));
  const places = op.subtract(scaled, zeroAt);
  const y = op.multiply(op.floor(op.add(places, 0.5)), scale);
  // Nothing has been seen yet where both ends are 0.
  return op.where(op.logicalAnd(op.equal(low, 0), op.equal(high, 0)), 0, y);
}
