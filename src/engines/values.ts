/** Numbers of tensors and of engines: how stored values are read and written, and what a dtype can hold. */
import { type DType, fromBfloat16, fromFloat16, isInteger, type NumericArray } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import { toBfloat16, toFloat16 } from "../core/half.ts";
import type { Tensor } from "../core/tensor.ts";
import { wrapInteger } from "../ops/numbers.ts";

/** Arrays that hold plain numbers: all but those of 64-bit integers. */
export type PlainArray = Exclude<NumericArray, BigInt64Array | BigUint64Array>;

/**
 * Puts a tensor's values into `target`, which is as long; bool becomes 0 and 1, 64-bit integers beyond 2^53 are rounded.
 * `engine` names who asks. Throws `unsupported/dtype` for strings.
 */
export function readNumbers({ dtype, data }: Tensor, target: PlainArray, engine: string): void {
  if (dtype === "string" || Array.isArray(data)) return fail("unsupported/dtype", { source: engine, found: dtype });
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < data.length; i++) target[i] = Number(data[i]!);
  } else if (dtype === "float16" || dtype === "bfloat16") {
    const read = dtype === "float16" ? fromFloat16 : fromBfloat16;
    for (let i = 0; i < data.length; i++) target[i] = read(data[i]!);
  } else {
    target.set(data);
  }
}

/** What the largest 64-bit integers without sign are rounded to, and no such integer. */
const BEYOND = 2 ** 64;

/** The inverse: numbers that `dtype` can hold, as an array of that dtype has them. */
export function writeNumbers(source: PlainArray, dtype: DType, target: NumericArray): void {
  if (target instanceof BigInt64Array || target instanceof BigUint64Array) {
    for (let i = 0; i < source.length; i++) target[i] = source[i] === BEYOND ? 2n ** 64n - 1n : BigInt(source[i]!);
  } else if (dtype === "float16" || dtype === "bfloat16") {
    const write = dtype === "float16" ? toFloat16 : toBfloat16;
    for (let i = 0; i < source.length; i++) target[i] = write(source[i]!);
  } else {
    target.set(source);
  }
}

/** A number as `dtype` holds it. float32 stays as it is: it is rounded where it is stored. */
export function held(dtype: DType, value: number): number {
  if (dtype === "bool") return Number(value !== 0);
  if (isInteger(dtype)) return wrapInteger(value, dtype);
  if (dtype === "float16") return fromFloat16(toFloat16(value));
  return dtype === "bfloat16" ? fromBfloat16(toBfloat16(value)) : value;
}

/** Brings all values to what `dtype` can hold. */
export function settle(data: PlainArray, dtype: DType): void {
  if (dtype === "float32" || dtype === "float64") return;
  for (let i = 0; i < data.length; i++) data[i] = held(dtype, data[i]!);
}
