/** Inputs that come as other numbers than the model takes: NumPy's int64 ids for a float32 input, float64 for float32. */
import { allocate, type DType, isFloat, type NumericArray } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import { toBfloat16, toFloat16 } from "../core/half.ts";
import type { Tensor } from "../core/tensor.ts";
import { valuesOf } from "./compare.ts";

/**
 * The tensor in `dtype`. Floats become narrower ones by rounding, as Keras does it to what it is given; everything else
 * must keep its value. Throws `mismatch/dtype` naming `path` and the first value that cannot be kept.
 */
export function castInput(value: Tensor, dtype: DType, path: string): Tensor {
  if (value.dtype === dtype) return value;
  if (value.dtype === "string" || dtype === "string")
    return fail("mismatch/dtype", { path, expected: dtype, found: value.dtype });
  const from = valuesOf(value) as ArrayLike<number | bigint>;
  const data = allocate(dtype, from.length);
  const rounds = isFloat(value.dtype) && isFloat(dtype);
  for (let i = 0; i < from.length; i++) {
    if (put(data, i, from[i]!, dtype) || rounds) continue;
    fail("mismatch/dtype", { path, expected: dtype, found: `${value.dtype} with the value ${from[i]}` });
  }
  return { dtype, shape: value.shape, data };
}

/** Whether the value was kept. */
function put(data: NumericArray, i: number, value: number | bigint, dtype: DType): boolean {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    if (typeof value === "number" && !Number.isInteger(value)) return false;
    data[i] = BigInt(value);
    return data[i] === BigInt(value);
  }
  const number = Number(value);
  if (typeof value === "bigint" && BigInt(number) !== value) return false;
  if (dtype === "bool" && number !== 0 && number !== 1) return false;
  if (dtype === "float16" || dtype === "bfloat16") {
    data[i] = dtype === "float16" ? toFloat16(number) : toBfloat16(number);
    return Number(valuesOf({ dtype, shape: [1], data: data.subarray(i, i + 1) as Uint16Array })[0]) === number;
  }
  data[i] = number;
  return data[i] === number || Object.is(data[i], number);
}
