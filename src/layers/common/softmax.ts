/** Sums of exponentials: their logarithm, and softmax of what a mask keeps, which is Keras's Softmax layer. */
import { isFloat } from "../../core/dtype.ts";
import type { Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";
import { needRows } from "./checks.ts";

/**
 * log(Σ exp(x)) over some axes, which stay with length 1; the largest number is taken out, so that nothing overflows;
 * with `infinite` only where it is finite, so that infinities are no NaN.
 */
export function logSumExp({ op }: Context, x: Sym, axes: readonly number[], infinite = false): Sym {
  const largest = op.max(x, axes, true, true);
  const most = infinite ? op.where(op.isFinite(largest), largest, 0) : largest;
  return op.add(op.log(op.sum(op.exp(op.subtract(x, most)), axes, true)), most);
}

/**
 * x, lowered by `large` where it is masked, rounded as its dtype is: in a row that is masked throughout, what is left of
 * the digits of x tells the places apart. Masks of numbers lower in part.
 */
export function lowered({ op }: Context, x: Sym, mask: Sym, large: number): Sym {
  if (mask.dtype === "bool") return op.where(mask, x, op.rounded(op.subtract(x, large)));
  const share = op.rounded(op.subtract(1, op.cast(mask, x.dtype)));
  const sum = op.rounded(op.subtract(x, op.rounded(op.multiply(share, large))));
  return op.where(op.equal(share, 0), x, sum);
}

/**
 * Softmax over some axes of what a mask that broadcasts to x keeps. tf-keras lowers the rest, unless the layer's masking
 * is `robust`; Keras 3 overwrites it, and gives it 0 with `zeros`.
 */
export function maskedSoftmax(
  cx: Context,
  given: Sym,
  mask: Sym | undefined,
  axes: readonly number[],
  { robust = false, zeros = true }: { robust?: boolean; zeros?: boolean },
): Sym {
  const { op } = cx;
  if (axes.length === 1) needRows(cx, given);
  if (mask === undefined) return op.softmax(given, axes);
  const older = cx.semantics !== "keras3";
  // Beside the large number, a float, Keras 3 makes floats of whole numbers.
  const x = older || isFloat(given.dtype) ? given : op.cast(given, "float32");
  const large = x.dtype !== "float16" ? 1e9 : older ? 32752 : 3e4;
  const kept = (): Sym => (mask.dtype === "bool" ? mask : op.greater(mask, 0.5));
  const scores = older && !robust ? lowered(cx, x, mask, large) : op.where(kept(), x, -large);
  if (older && axes.length > 1) {
    // So Keras spells it: where nothing is kept, the logarithm gets lost beside the large number.
    const sum = logSumExp(cx, scores, axes);
    return op.exp(op.subtract(scores, op.where(op.less(sum, -large / 2), op.rounded(sum), sum)));
  }
  const y = op.softmax(scores, axes);
  return zeros && !older ? op.where(kept(), y, 0) : y;
}
