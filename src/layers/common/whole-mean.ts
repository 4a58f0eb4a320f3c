/** TensorFlow's mean: of integers an integer, cut off towards 0. Source: tensorflow/core/kernels/reduction_ops_common.h. */
import { isFloat } from "../../core/dtype.ts";
import type { Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";

/** The mean of x[…] over `axes`, in x's dtype. */
export function wholeMean(cx: Context, x: Sym, axes: readonly number[], keepdims: boolean): Sym {
  const { op } = cx;
  if (isFloat(x.dtype)) return op.mean(x, axes, keepdims);
  // Its sums are wider than what they are of.
  const sum = op.sum(op.cast(x, "int64"), axes, keepdims);
  const lengths = x.shape.map((_, axis) => cx.size(x, axis));
  const count = op.sum(op.full(lengths, 1, sum.dtype), axes, keepdims);
  return op.cast(op.multiply(op.sign(sum), op.floorDivide(op.abs(sum), count)), x.dtype);
}
