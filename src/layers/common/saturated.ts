/** Numbers brought to a dtype that may hold less. Source: keras/src/ops/core.py (`_saturate_cast`). */
import { type DType, isFloat, isInteger } from "../../core/dtype.ts";
import type { Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";

/** Digits of a float, in bits. */
const DIGITS: Readonly<Record<string, number>> = { float16: 11, bfloat16: 8, float32: 24 };
const LARGEST: Readonly<Record<string, number>> = {
  float16: 65504,
  bfloat16: 3.3895313892515355e38,
  float32: 3.4028234663852886e38,
};

function rangeOf(dtype: DType): readonly [number, number] {
  if (dtype === "bool") return [0, 1];
  if (!isInteger(dtype)) return [-(LARGEST[dtype] ?? Infinity), LARGEST[dtype] ?? Infinity];
  const bits = Number(/\d+$/.exec(dtype)![0]);
  return dtype.startsWith("u") ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}

/** The largest number of a float's digits that is not above. */
function within(value: number, digits: number | undefined): number {
  if (digits === undefined || !Number.isFinite(value)) return value;
  const unit = 2 ** (Math.ceil(Math.log2(value + 1)) - digits);
  return unit > 1 ? Math.floor(value / unit) * unit : value;
}

/** x as `dtype`, what is beyond that cut off. */
export function saturated({ op }: Context, x: Sym, dtype: DType): Sym {
  const [[low, high], [least, most]] = [rangeOf(dtype), rangeOf(x.dtype)];
  const raised = least < low ? op.maximum(x, low) : x;
  const bound = isFloat(x.dtype) && isInteger(dtype) ? within(high, DIGITS[x.dtype]) : high;
  return op.cast(most > high ? op.minimum(raised, bound) : raised, dtype);
}
