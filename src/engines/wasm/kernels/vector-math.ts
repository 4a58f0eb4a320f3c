/**
 * Functions of four float32 at a time. Against float64: exp ≤ 1.1 ULP, expm1 ≤ 1.75, sigmoid ≤ 2, tanh ≤ 1.5 (Cephes's tanhf); exact
 * at 0, -0, infinities and NaN, subnormal results included. Each gives code that leaves the value; `x` stays as it is.
 */
import type { Code } from "../emit/code.ts";
import { f32x4, i32x4, v128 } from "../emit/instructions.ts";
import type { Fn, Local, Module } from "../emit/module.ts";

/** The sign bit. */
export const SIGN = -0x80000000;

/** a·b + c, fused where the engine may. */
export function madd(m: Module, a: Code, b: Code, c: Code): Code {
  return m.relaxed ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** c - a·b */
function nmadd(m: Module, a: Code, b: Code, c: Code): Code {
  return m.relaxed ? f32x4.relaxedNmadd(a, b, c) : f32x4.sub(c, f32x4.mul(a, b));
}

/** From the highest power down. */
export function horner(m: Module, x: Code, coefficients: readonly number[]): Code {
  return coefficients.slice(1).reduce<Code>((sum, k) => madd(m, sum, x, f32x4.const(k)), f32x4.const(coefficients[0]!));
}

/** 1.5·2²³: added to a small number, it leaves the nearest whole number in the low bits. */
const MAGIC = 12582912;
const MAGIC_BITS = 0x4b400000;
/** (eʳ - 1 - r)/r² for |r| ≤ ln 2 / 2: least relative error of eʳ, fitted. */
const EXP_TERMS = [0.0013814318226650357, 0.008368851616978645, 0.041668400168418884, 0.1666651964187622, 0.4999999403953552]; // prettier-ignore

/** x = n·ln 2 + r: leaves r in `x` (which must be within ±150 ln 2) and n + MAGIC in `n`; of x + `more`, where there is such. */
function reduce(m: Module, x: Local, n: Local, more: Local | null = null): Code {
  const whole = f32x4.sub(n.get, f32x4.const(MAGIC));
  const sum = more === null ? x.get : f32x4.add(x.get, more.get);
  return [
    n.set(madd(m, sum, f32x4.const(Math.LOG2E), f32x4.const(MAGIC))),
    x.set(nmadd(m, whole, f32x4.const(0.693359375), x.get)),
    x.set(nmadd(m, whole, f32x4.const(-2.1219444e-4), x.get)),
    more === null ? [] : x.set(f32x4.add(x.get, more.get)),
  ];
}

/** eʳ - 1 in `p` for r in `r`. */
function expm1Small(m: Module, r: Local, p: Local): Code {
  return [p.set(f32x4.mul(r.get, r.get)), p.set(madd(m, horner(m, r.get, EXP_TERMS), p.get, r.get))];
}

/** 2^n for n from -126 to 127, given as bits whose lowest nine are n's: those of `MAGIC` are zeros. */
const power2 = (n: Code): Code => i32x4.shl(i32x4.add(n, i32x4.const(127)), 23);

/** e^y for y from -104 to 89; `y` is overwritten. In two factors, so that results below the normal range are rounded once. */
function expOf(f: Fn, y: Local): Code {
  const m = f.module;
  const [n, p, half] = f.locals("v128", 3);
  const code = [
    reduce(m, y, n),
    expm1Small(m, y, p),
    p.set(f32x4.add(p.get, f32x4.const(1))),
    n.set(i32x4.sub(n.get, i32x4.const(MAGIC_BITS))),
    half.set(i32x4.shrS(n.get, 1)),
    f32x4.mul(f32x4.mul(p.get, power2(half.get)), power2(i32x4.sub(n.get, half.get))),
  ];
  f.release(n, p, half);
  return code;
}

/** e^y for y from -104 to 0; `y` is overwritten. The power of two is 2^64 too large at first, so that it is normal. */
export const expOfNegative = (f: Fn, y: Local): Code => expOfTwo(f, y, null);

/** The same of y + z, a sum that needs not be rounded: what of it is a multiple of ln 2 goes off y. */
export function expOfTwo(f: Fn, y: Local, z: Local | null): Code {
  const m = f.module;
  const [n, p] = f.locals("v128", 2);
  const code = [
    reduce(m, y, n, z),
    expm1Small(m, y, p),
    p.set(f32x4.add(p.get, f32x4.const(1))),
    n.set(i32x4.shl(i32x4.add(n.get, i32x4.const(127 + 64)), 23)),
    f32x4.mul(f32x4.mul(p.get, n.get), f32x4.const(2 ** -64)),
  ];
  f.release(n, p);
  return code;
}

/** eˣ. */
export function exp(f: Fn, x: Local): Code {
  const y = f.local("v128");
  // A NaN on the left side of pmin and pmax stays.
  const code = [y.set(f32x4.pmin(f32x4.pmax(x.get, f32x4.const(-104)), f32x4.const(89))), expOf(f, y)];
  f.release(y);
  return code;
}

/**
 * 1 - q, or e·(1 - q) for x below 0, with e = e^-|x| and q = e/(1 + e): the error of the sum 1 + e, which would be large
 * beside the small result of an x below 0, counts e times only.
 */
export function sigmoid(f: Fn, x: Local): Code {
  const [e, q] = f.locals("v128", 2);
  const code = [
    e.set(f32x4.pmax(v128.or(x.get, i32x4.const(SIGN)), f32x4.const(-104))),
    e.set(expOfNegative(f, e)),
    q.set(f32x4.div(e.get, f32x4.add(e.get, f32x4.const(1)))),
    e.set(v128.select(e.get, f32x4.const(1), i32x4.shrS(x.get, 31))),
    nmadd(f.module, e.get, q.get, e.get),
  ];
  f.release(e, q);
  return code;
}

const TANH_TERMS = [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1];

/** An odd polynomial below 0.625, 1 - 2e/(1 + e) with e = e^-2|x| from there on. */
export function tanh(f: Fn, x: Local): Code {
  const m = f.module;
  const [n, p, e] = f.locals("v128", 3);
  const low = f32x4.const(-40);
  const code = [
    e.set(v128.or(x.get, i32x4.const(SIGN))),
    e.set(f32x4.add(e.get, e.get)),
    // NaN may become any number here: the last choice takes the polynomial for it.
    e.set(f32x4.pmax(e.get, low)),
    reduce(m, e, n),
    expm1Small(m, e, p),
    n.set(power2(n.get)),
    e.set(madd(m, p.get, n.get, n.get)),
    // 1 - 2e/(1 + e): only the last subtraction rounds in units of the result.
    e.set(f32x4.sub(f32x4.const(1), f32x4.div(f32x4.add(e.get, e.get), f32x4.add(f32x4.const(1), e.get)))),
    p.set(f32x4.mul(x.get, x.get)),
    n.set(madd(m, f32x4.mul(horner(m, p.get, TANH_TERMS), p.get), x.get, x.get)),
    n.set(v128.select(e.get, n.get, f32x4.ge(f32x4.abs(x.get), f32x4.const(0.625)))),
    v128.or(n.get, v128.and(x.get, i32x4.const(SIGN))),
  ];
  f.release(n, p, e);
  return code;
}

/** (2^m·(eʳ - 1) + (2^m - 1))·2^(n - m) with m = n but for n = 128: 2^128 is out of range. */
export function expm1(f: Fn, x: Local): Code {
  const m = f.module;
  const [y, n, p, scale, rest] = f.locals("v128", 5);
  const code = [
    y.set(f32x4.pmin(f32x4.pmax(x.get, f32x4.const(-30)), f32x4.const(89))),
    reduce(m, y, n),
    expm1Small(m, y, p),
    n.set(i32x4.sub(n.get, i32x4.const(MAGIC_BITS))),
    // 1 in the lanes where n is 128.
    rest.set(i32x4.shrS(n.get, 7)),
    rest.set(v128.and(rest.get, i32x4.const(1))),
    rest.set(v128.andNot(rest.get, i32x4.shrS(n.get, 31))),
    scale.set(power2(i32x4.sub(n.get, rest.get))),
    p.set(madd(m, p.get, scale.get, f32x4.sub(scale.get, f32x4.const(1)))),
    v128.or(f32x4.mul(p.get, power2(rest.get)), v128.and(x.get, i32x4.const(SIGN))),
  ];
  f.release(y, n, p, scale, rest);
  return code;
}

/** max(x, 0), NaN as it is. `max` itself takes several instructions; -0 becomes 0 by the sum. */
export const relu = (x: Code): Code => f32x4.pmax(f32x4.add(x, f32x4.const(0)), f32x4.const(0));

/** The sign of x, ±0 and NaN as they are. */
export function sign(x: Local): Code {
  const one = v128.or(v128.and(x.get, i32x4.const(SIGN)), f32x4.const(1));
  const other = v128.or(f32x4.lt(x.get, f32x4.const(0)), f32x4.gt(x.get, f32x4.const(0)));
  return v128.select(one, x.get, other);
}
