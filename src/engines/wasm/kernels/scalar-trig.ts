/** Circular functions and their inverses in float64, relative errors below 1e-13. Reductions as in fdlibm (https://netlib.org/fdlibm/). */
import type { Code } from "../emit/code.ts";
import { f64, i32, i64, returns, select, when } from "../emit/instructions.ts";
import { call, type Fn, type FnRef, type Module } from "../emit/module.ts";
import { factorial, polynomial, unary } from "./scalar-shared.ts";

const { add, sub, mul, div, abs, sqrt, lt, gt, ne, eq } = f64;
const c = f64.const;

/** 2/π in words of 32 bits, behind two words of zeros. */
const TWO_OVER_PI = [
  0x0, 0x0, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561, 0xb7246e3a,
  0x424dd2e0, 0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e, 0xe88235f5, 0x2ebb4484, 0xe99c7026, 0xb45f7e41, 0x3991d639,
  0x835339f4, 0x9c845f8b, 0xbdf9283b, 0x1ff897ff, 0xde05980f, 0xef2f118b, 0x5a0a6d1f, 0x6d367ecf, 0x27cb09b7, 0x4f463f66,
  0x9e5fea2d, 0x7527bac7, 0xebe5f17b, 0x3d0739f7, 0x8a5292ea, 0x6bfb5fb1,
]; // prettier-ignore

/** A word of the table, without memory: nested choices over its index. */
function tableWord(m: Module): FnRef {
  return m.helper("twoOverPi", ["i32"], ["i64"], (f) => {
    const at = f.params[0]!.get;
    const found = f.local("i64");
    return [
      TWO_OVER_PI.map((word, i) => when(i32.eq(at, i32.const(i)), found.set(i64.const(BigInt(word))))),
      found.get,
    ];
  });
}

const PI_2 = [1.57079632673412561417, 6.0771005063039659766e-11, 2.02226624879595063154e-21] as const;

/**
 * x = q·π/2 + r: r in `r` and q mod 4 in `q`. Up to 2²⁰ by Cody and Waite; beyond, by Payne and Hanek with 53 bits of x
 * times the 96 bits of 2/π that matter.
 */
function reducePi(f: Fn, x: Code): { q: Code; r: Code; code: Code } {
  const m = f.module;
  const [r, n] = f.locals("f64", 2);
  const [q, exponent, word, shift] = f.locals("i32", 4);
  const [mantissa, high, low, a, b, product] = f.locals("i64", 6);
  const entry = (offset: number): Code => call(tableWord(m), i32.add(word.get, i32.const(offset)));
  const bits = i64.reinterpret(abs(x));
  /** 64 bits of the table, from `shift` bits into the word at `offset`. */
  const bitsAt = (offset: number): Code =>
    i64.or(
      i64.shl(i64.or(i64.shl(entry(offset), i64.const(32n)), entry(offset + 1)), i64.extendU(shift.get)),
      i64.shrU(entry(offset + 2), i64.sub(i64.const(32n), i64.extendU(shift.get))),
    );
  const mask = i64.const(0xffffffffn);
  const large = [
    // |x| = mantissa·2^exponent, mantissa < 2^53; 2/π from the bit of weight 2^(1 - exponent) on: the rest gives multiples of 4.
    exponent.set(i32.sub(i32.wrap(i64.shrU(bits, i64.const(52n))), i32.const(1075))),
    mantissa.set(i64.or(i64.and(bits, i64.const(0xfffffffffffffn)), i64.const(0x10000000000000n))),
    word.set(i32.add(exponent.get, i32.const(62))),
    shift.set(i32.and(word.get, i32.const(31))),
    word.set(i32.shrU(word.get, i32.const(5))),
    high.set(bitsAt(0)),
    low.set(bitsAt(2)),
    // The top 64 bits of mantissa·(high, low) modulo 2^128, but for a few units.
    a.set(i64.and(mantissa.get, mask)),
    b.set(i64.shrU(mantissa.get, i64.const(32n))),
    product.set(i64.mul(mantissa.get, high.get)),
    product.set(i64.add(product.get, i64.mul(b.get, i64.shrU(low.get, i64.const(32n))))),
    product.set(
      i64.add(
        product.get,
        i64.shrU(
          i64.add(
            i64.mul(a.get, i64.shrU(low.get, i64.const(32n))),
            i64.shrU(i64.mul(a.get, i64.and(low.get, mask)), i64.const(32n)),
          ),
          i64.const(32n),
        ),
      ),
    ),
    product.set(i64.add(product.get, i64.shrU(i64.mul(b.get, i64.and(low.get, mask)), i64.const(32n)))),
    // Quadrant in the top 2 bits, to the nearest; the rest is a signed fraction of it.
    q.set(i32.wrap(i64.shrU(i64.add(product.get, i64.const(1n << 61n)), i64.const(62n)))),
    r.set(mul(f64.fromI64(i64.shl(product.get, i64.const(2n))), c(2 ** -64 * (Math.PI / 2)))),
    when(lt(x, c(0)), [r.set(f64.neg(r.get)), q.set(i32.sub(i32.const(0), q.get))]),
  ];
  const small = [
    n.set(f64.nearest(mul(x, c(2 / Math.PI)))),
    q.set(i32.truncF64(n.get)),
    r.set(sub(sub(sub(x, mul(n.get, c(PI_2[0]))), mul(n.get, c(PI_2[1]))), mul(n.get, c(PI_2[2])))),
  ];
  const infinite = [r.set(c(NaN)), q.set(i32.const(0))];
  const code = when(lt(abs(x), c(2 ** 20)), small, when(lt(abs(x), c(Infinity)), large, infinite));
  return { q: q.get, r: r.get, code };
}

const SIN_TERMS = Array.from({ length: 8 }, (_, i) => (-1) ** i / factorial(2 * i + 1));
const COS_TERMS = Array.from({ length: 9 }, (_, i) => (-1) ** i / factorial(2 * i));

/** Sine and cosine of r in [-π/4, π/4], given r². */
const sinOf = (r: Code, square: Code): Code => mul(polynomial(square, SIN_TERMS), r);
const cosOf = (square: Code): Code => polynomial(square, COS_TERMS);

function circular(m: Module, name: string, turn: number): FnRef {
  return unary(m, name, (f, x) => {
    const { q, r, code } = reducePi(f, x);
    const [square, y] = f.locals("f64", 2);
    const quadrant = f.local("i32");
    return [
      code,
      quadrant.set(i32.add(q, i32.const(turn))),
      square.set(mul(r, r)),
      y.set(select(cosOf(square.get), sinOf(r, square.get), i32.and(quadrant.get, i32.const(1)))),
      y.set(select(f64.neg(y.get), y.get, i32.and(quadrant.get, i32.const(2)))),
      // sin(±0) = ±0
      turn === 0 ? select(x, y.get, eq(x, c(0))) : y.get,
    ];
  });
}

export const sin = (m: Module): FnRef => circular(m, "sin", 0);
export const cos = (m: Module): FnRef => circular(m, "cos", 1);

/** sin x / cos x. */
export function tan(m: Module): FnRef {
  const [s, k] = [sin(m), cos(m)];
  return unary(m, "tan", (_, x) => div(call(s, x), call(k, x)));
}

const ATAN_TERMS = Array.from({ length: 18 }, (_, i) => (-1) ** i / (2 * i + 1));

/** |x| > 1 by the reciprocal; above tan(π/8), by the angle to π/4. */
export function atan(m: Module): FnRef {
  return unary(m, "atan", (f, x) => {
    const [y, base, sign, square] = f.locals("f64", 4);
    return [
      y.set(abs(x)),
      base.set(c(0)),
      sign.set(c(1)),
      when(gt(y.get, c(1)), [y.set(div(c(1), y.get)), base.set(c(Math.PI / 2)), sign.set(c(-1))]),
      when(gt(y.get, c(Math.SQRT2 - 1)), [
        base.set(add(base.get, mul(sign.get, c(Math.PI / 4)))),
        y.set(div(sub(y.get, c(1)), add(y.get, c(1)))),
      ]),
      square.set(mul(y.get, y.get)),
      y.set(mul(polynomial(square.get, ATAN_TERMS), y.get)),
      f64.copysign(add(base.get, mul(sign.get, y.get)), x),
    ];
  });
}

/** The inverse of sin; NaN beyond ±1. */
export function asin(m: Module): FnRef {
  const arc = atan(m);
  return unary(m, "asin", (_, x) => call(arc, div(x, sqrt(mul(sub(c(1), x), add(c(1), x))))));
}

/** The inverse of cos; NaN beyond ±1. */
export function acos(m: Module): FnRef {
  const arc = atan(m);
  return unary(m, "acos", (_, x) => mul(c(2), call(arc, sqrt(div(sub(c(1), x), add(c(1), x))))));
}

/** atan2(y, x), the signs of zeros as in Math.atan2. */
export function atan2(m: Module): FnRef {
  const arc = atan(m);
  return m.helper("atan2", ["f64", "f64"], ["f64"], (f) => {
    const [y, x] = f.params.map((p) => p.get) as [Code, Code];
    const angle = f.local("f64");
    const bothInfinite = i32.and(eq(abs(x), c(Infinity)), eq(abs(y), c(Infinity)));
    const bothZero = i32.and(eq(x, c(0)), eq(y, c(0)));
    return [
      when(i32.or(ne(x, x), ne(y, y)), returns(c(NaN))),
      angle.set(call(arc, div(abs(y), abs(x)))),
      when(bothInfinite, angle.set(c(Math.PI / 4))),
      when(bothZero, angle.set(c(0))),
      when(lt(f64.copysign(c(1), x), c(0)), angle.set(sub(c(Math.PI), angle.get))),
      f64.copysign(angle.get, y),
    ];
  });
}
