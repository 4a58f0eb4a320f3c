/** Between stored tensors and the float64 values of the reference arithmetic. */
import { allocate, type DType, fromBfloat16, fromFloat16, isFloat, isInteger } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { toBfloat16, toFloat16 } from "../../core/half.ts";
import type { Tensor } from "../../core/tensor.ts";
import { wrapInteger } from "../../ops/numbers.ts";
import type { Nd } from "../../ops/types.ts";

/** A tensor's values as float64; bool becomes 0 and 1. 64-bit integers beyond 2^53 are rounded. */
export function decode({ dtype, shape, data }: Tensor): Nd {
  if (dtype === "string" || Array.isArray(data))
    return fail("unsupported/dtype", { source: "reference", found: dtype });
  const values = new Float64Array(data.length);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < values.length; i++) values[i] = Number(data[i]!);
  } else if (dtype === "float16" || dtype === "bfloat16") {
    const read = dtype === "float16" ? fromFloat16 : fromBfloat16;
    for (let i = 0; i < values.length; i++) values[i] = read(data[i]!);
  } else {
    values.set(data);
  }
  return { shape, data: values };
}

/** Brings values to what their dtype can hold. float32 stays in float64: only what leaves a run is rounded to it. */
export function settle({ data }: Nd, dtype: DType): void {
  if (dtype === "bool") {
    for (let i = 0; i < data.length; i++) data[i] = data[i] === 0 ? 0 : 1;
  } else if (isInteger(dtype)) {
    for (let i = 0; i < data.length; i++) data[i] = wrapInteger(data[i]!, dtype);
  } else if (dtype === "float16") {
    for (let i = 0; i < data.length; i++) data[i] = fromFloat16(toFloat16(data[i]!));
  } else if (dtype === "bfloat16") {
    for (let i = 0; i < data.length; i++) data[i] = fromBfloat16(toBfloat16(data[i]!));
  }
}

/** Values as a tensor of `dtype`. */
export function encode({ shape, data }: Nd, dtype: DType): Tensor {
  if (dtype === "string") return fail("unsupported/dtype", { source: "reference", found: dtype });
  const target = allocate(dtype, data.length);
  if (target instanceof BigInt64Array || target instanceof BigUint64Array) {
    for (let i = 0; i < data.length; i++) target[i] = BigInt(data[i]!);
  } else if (dtype === "float16" || dtype === "bfloat16") {
    const write = dtype === "float16" ? toFloat16 : toBfloat16;
    for (let i = 0; i < data.length; i++) target[i] = write(data[i]!);
  } else {
    target.set(data);
  }
  return { dtype, shape: [...shape], data: target };
}

/** The dtype in which a value leaves a run that keeps its full precision. */
export function widest(dtype: DType): DType {
  return isFloat(dtype) ? "float64" : dtype;
}
