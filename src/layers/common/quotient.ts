/** How TensorFlow divides whole numbers. Source: tensorflow/python/ops/math_ops.py (`_TRUEDIV_TABLE`). */
import { isFloat, itemSize } from "../../core/dtype.ts";
import type { Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";

/** x as its quotients are computed: whole numbers as floats of 64 bits, of up to 16 bits as floats of 32. */
export const divisible = ({ op }: Context, x: Sym): Sym =>
  isFloat(x.dtype) ? x : op.cast(x, itemSize(x.dtype) <= 2 ? "float32" : "float64");
