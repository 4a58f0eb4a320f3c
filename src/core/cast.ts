/** Tensors in another dtype. */
import { allocate, type DType, fromBfloat16, fromFloat16, type NumericArray } from "./dtype.ts";
import { toBfloat16, toFloat16 } from "./half.ts";
import type { Tensor } from "./tensor.ts";

/** The same values in another dtype. */
export function withDType(value: Tensor, dtype: DType): Tensor {
  if (value.dtype === dtype || value.dtype === "string" || dtype === "string") return value;
  const from = value.data as NumericArray;
  const data = allocate(dtype, from.length);
  const truth = (x: number): number => Number(x !== 0);
  const encode =
    dtype === "float16" ? toFloat16 : dtype === "bfloat16" ? toBfloat16 : dtype === "bool" ? truth : Number;
  const decode = value.dtype === "float16" ? fromFloat16 : value.dtype === "bfloat16" ? fromBfloat16 : Number;
  for (let i = 0; i < from.length; i++) {
    const x = decode(from[i] as number);
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = BigInt(Math.trunc(x));
    else data[i] = encode(x);
  }
  return { dtype, shape: value.shape, data };
}
