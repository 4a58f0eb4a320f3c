/** Products in float64 that are those of a dtype. */
import { type DType, isInteger } from "../../../core/dtype.ts";
import type { Code } from "../emit/code.ts";
import { f64, i32, i64, select } from "../emit/instructions.ts";
import { call, type Module } from "../emit/module.ts";
import { widthOf, wrap64 } from "./storage.ts";

/** Operands are locals, so they may be named more than once. `dtype` is the output's. */
export type Scalar = (m: Module, x: readonly Code[], dtype: DType) => Code;

/** The bits of a whole number that a dtype has, as a number. */
export const lowBits = (dtype: DType, whole: Code): Code =>
  widthOf(dtype) === 4 ? f64.fromI32(i32.wrap(whole)) : f64.fromI64(whole);

/** Whole products keep their low bits where float64 would lose them. */
export const multiply: Scalar = (m, [a, b], dtype) => {
  const product = f64.mul(a!, b!);
  if (!isInteger(dtype)) return product;
  const whole = i64.mul(call(wrap64(m), a!), call(wrap64(m), b!));
  return select(product, lowBits(dtype, whole), f64.lt(f64.abs(product), f64.const(2 ** 53)));
};
