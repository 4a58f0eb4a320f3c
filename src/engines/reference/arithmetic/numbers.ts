/** Scalar functions that JavaScript lacks. */
import { type DType, fromBfloat16, fromFloat16, isInteger } from "../../../core/dtype.ts";
import { toBfloat16, toFloat16 } from "../../../core/half.ts";
import { registerOf } from "../../../ops/numbers.ts";

/** x - floor(x / y)·y: the sign follows y, as Python's `%`. */
export function pythonMod(x: number, y: number): number {
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
}

/** floor(x / y). Of floats the quotient is rounded to their dtype first, as TensorFlow's is: 1 // 0.1 is 10. */
export function floorDivideIn(dtype: DType): (x: number, y: number) => number {
  if (dtype === "float64") return (x, y) => Math.floor(x / y);
  if (dtype === "float16") return (x, y) => Math.floor(fromFloat16(toFloat16(x / y)));
  if (dtype === "bfloat16") return (x, y) => Math.floor(fromBfloat16(toBfloat16(x / y)));
  if (!isInteger(dtype)) return (x, y) => Math.floor(Math.fround(x / y));
  // (x - mod) / y is a whole number up to one rounding.
  return (x, y) => (y === 0 ? Math.floor(x / y) : Math.round((x - pythonMod(x, y)) / y));
}

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

/** The error function, relative error below 1e-15. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (!(a < 6)) return Number.isNaN(x) ? NaN : Math.sign(x);
  const square = a * a;
  if (a < 2) {
    // erf(a) = 2/√π · exp(-a²) · Σ 2ⁿ a²ⁿ⁺¹ / (2n+1)!!, all terms positive.
    let term = a;
    let sum = a;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * square) / (2 * n + 1);
      sum += term;
    }
    return Math.sign(x) * TWO_OVER_SQRT_PI * Math.exp(-square) * sum;
  }
  return Math.sign(x) * (1 - erfcTail(a));
}

/** erfc(a) = exp(-a²)/√π · 1/(a + (1/2)/(a + (2/2)/(a + (3/2)/(a + …)))) for a from 2 on, evaluated from the inside. */
function erfcTail(a: number): number {
  let tail = a;
  for (let n = 80; n > 0; n--) tail = a + n / 2 / tail;
  // What a² loses in rounding would count a² times.
  const high = Math.fround(a);
  return (Math.exp(-high * high) * Math.exp(-(a - high) * (a + high))) / (Math.sqrt(Math.PI) * tail);
}

/** 1 - erf(x): relative errors of what is left below 1e-15 from 2 on, below 2e-13 before, where most is taken away. */
export function erfc(x: number): number {
  if (!(x >= 2)) return 1 - erf(x);
  return x > 28 ? 0 : erfcTail(x);
}

/**
 * A float on its way to an integer dtype, truncated as the processors do it that TensorFlow runs on: what a register of 32 bits,
 * of 64 for wide dtypes, cannot hold becomes the least number that it can, NaN too. Of that the dtype has the low bits.
 */
export function truncated(value: number, dtype: DType): number {
  const [least, most] = registerOf(dtype);
  const whole = Math.trunc(value);
  return whole >= least && whole < most ? whole : least;
}

/** A product that keeps its low bits where float64 would lose them. */
export function multiplyIn(dtype: DType): (a: number, b: number) => number {
  if (!isInteger(dtype)) return (a, b) => a * b;
  const width = Number(/\d+/.exec(dtype)![0]);
  return (a, b) => {
    const value = a * b;
    if (Number.isSafeInteger(value) || !Number.isFinite(value)) return value;
    return Number(BigInt.asIntN(width, BigInt(a) * BigInt(b)));
  };
}

/** aᵇ, 1 where a is 1 or b 0; of integers the low bits where float64 would lose them. */
export function powerIn(dtype: DType): (a: number, b: number) => number {
  const power = (a: number, b: number): number => (a === 1 || b === 0 ? 1 : Math.pow(a, b));
  if (!isInteger(dtype)) return power;
  const low = (x: bigint): bigint => BigInt.asIntN(64, x);
  return (a, b) => {
    const value = power(a, b);
    if (Number.isSafeInteger(value) || b < 0) return value;
    let [result, factor] = [1n, BigInt(a)];
    for (let left = b; left > 0; left = Math.floor(left / 2)) {
      if (left % 2 === 1) result = low(result * factor);
      factor = low(factor * factor);
    }
    return Number(BigInt.asIntN(Number(/\d+/.exec(dtype)![0]), result));
  };
}
