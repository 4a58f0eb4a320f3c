/**
 * Logarithms of four float32 at a time, against float64: log ≤ 1 ULP, log1p ≤ 1.5; exact at 0, 1, infinities and NaN, subnormal numbers
 * included. `x` stays as it is.
 */
import type { Code } from "../emit/code.ts";
import { f32x4, i32x4, v128 } from "../emit/instructions.ts";
import type { Fn, Local, Module } from "../emit/module.ts";
import { horner, madd, SIGN } from "./vector-math.ts";

/** (log(1 + f) - f + f²/2)/f³ for √½ ≤ 1 + f ≤ √2: least relative error of the logarithm, fitted. */
const LOG_TERMS = [-0.07646037638187408, 0.1277908831834793, -0.13164198398590088, 0.14199699461460114, -0.16622763872146606, 0.2000129222869873, -0.25000837445259094, 0.3333333134651184]; // prettier-ignore
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;
/** Bits of √½, and what they have above whole exponents. */
const HALF_ROOT = 0x3f3504f3;
const ONE = 0x3f800000;

/** e·ln 2 + log(1 + f); `f` is overwritten. */
function logOf(m: Module, e: Local, f: Local, square: Local): Code {
  return [
    square.set(f32x4.mul(f.get, f.get)),
    // Small terms first.
    madd(
      m,
      e.get,
      f32x4.const(LN2_HIGH),
      f32x4.add(
        f.get,
        madd(
          m,
          f32x4.mul(square.get, f.get),
          horner(m, f.get, LOG_TERMS),
          madd(m, e.get, f32x4.const(LN2_LOW), f32x4.mul(square.get, f32x4.const(-0.5))),
        ),
      ),
    ),
  ];
}

/** `u` = 2^e·(1 + f) with √½ ≤ 1 + f < √2 for normal u > 0: leaves e, whole numbers, in `e` and 1 + f in `u`. */
function split(u: Local, e: Local): Code {
  return [
    e.set(i32x4.shrS(i32x4.sub(u.get, i32x4.const(HALF_ROOT)), 23)),
    u.set(i32x4.sub(u.get, i32x4.shl(e.get, 23))),
  ];
}

/** `y`, but NaN where x is negative or NaN, -Infinity where it is 0 and Infinity where it is. */
function atTheEnds(x: Code, y: Local, zero: number): Code {
  const isEnd = f32x4.eq(x, f32x4.const(Infinity));
  const isZero = f32x4.eq(x, f32x4.const(zero));
  return [
    y.set(v128.select(x, y.get, isEnd)),
    y.set(v128.select(f32x4.const(-Infinity), y.get, isZero)),
    // Not at least `zero`: all bits set are a NaN.
    v128.or(y.get, v128.not(f32x4.ge(x, f32x4.const(zero)))),
  ];
}

/** The natural logarithm of `x`. */
export function log(f: Fn, x: Local): Code {
  const [u, e, y, tiny] = f.locals("v128", 4);
  const code = [
    tiny.set(f32x4.lt(x.get, f32x4.const(2 ** -126))),
    u.set(v128.select(f32x4.mul(x.get, f32x4.const(2 ** 23)), x.get, tiny.get)),
    split(u, e),
    e.set(f32x4.fromI32x4(i32x4.sub(e.get, v128.and(tiny.get, i32x4.const(23))))),
    u.set(f32x4.sub(u.get, f32x4.const(1))),
    y.set(logOf(f.module, e, u, y)),
    atTheEnds(x.get, y, 0),
  ];
  f.release(u, e, y, tiny);
  return code;
}

/** log(1 + x): what the sum 1 + x loses goes into f; beyond 2^100 that would be nothing, and its scale out of range. */
export function log1p(f: Fn, x: Local): Code {
  const [u, e, y, lost] = f.locals("v128", 4);
  const scale = i32x4.sub(i32x4.const(ONE), i32x4.shl(i32x4.minS(e.get, i32x4.const(100)), 23));
  const code = [
    u.set(f32x4.add(x.get, f32x4.const(1))),
    lost.set(f32x4.sub(x.get, f32x4.sub(u.get, f32x4.const(1)))),
    // Of large x, 1 is what is lost.
    lost.set(
      v128.select(f32x4.sub(f32x4.const(1), f32x4.sub(u.get, x.get)), lost.get, f32x4.gt(x.get, f32x4.const(1))),
    ),
    split(u, e),
    u.set(f32x4.add(f32x4.sub(u.get, f32x4.const(1)), f32x4.mul(lost.get, scale))),
    e.set(f32x4.fromI32x4(e.get)),
    y.set(logOf(f.module, e, u, y)),
    y.set(v128.or(y.get, v128.and(v128.and(x.get, i32x4.const(SIGN)), f32x4.eq(x.get, f32x4.const(0))))),
    atTheEnds(x.get, y, -1),
  ];
  f.release(u, e, y, lost);
  return code;
}
