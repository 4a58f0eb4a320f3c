/** How Keras 3 multiplies what holds no floats. Source: keras/src/backend/tensorflow/numpy.py (`matmul`, `einsum`). */
import { type DType, isInteger } from "../../core/dtype.ts";
import { promote } from "../../ops/promote.ts";
import type { Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";

/**
 * Whole numbers are multiplied as float32 and cut off again, what is too large as the processor does it. `own`: those that
 * TensorFlow multiplies as they are, where they overflow.
 */
export function rounded(
  cx: Context,
  x: readonly Sym[],
  f: (x: readonly Sym[]) => Sym,
  own: readonly DType[] = [],
): Sym {
  const dtype = x.map((s) => s.dtype).reduce(promote);
  if (!isInteger(dtype) || own.includes(dtype)) return f(x);
  return cx.op.cast(f(x.map((s) => cx.op.cast(s, "float32"))), dtype);
}

/** Products of int8 alone are int32; not those with a vector. */
export const wide = (cx: Context, x: readonly Sym[]): readonly Sym[] =>
  x.map((s) => (x.every(({ dtype }) => dtype === "int8") ? cx.op.cast(s, "int32") : s));

/** x·kernel of a layer; of bools as that of floats. */
export function product(cx: Context, x: Sym, kernel: Sym): Sym {
  const { op } = cx;
  if (x.dtype === "bool" && kernel.dtype === "bool")
    return op.cast(op.matmul(op.cast(x, "float32"), op.cast(kernel, "float32")), "bool");
  return rounded(cx, wide(cx, [x, kernel]), ([a, b]) => op.matmul(a!, b!));
}
