/**
 * The functions of `src/ops/elementwise.ts` in float64, for kernels that work number by number: relative errors below
 * 1e-13, so that float32 results are rounded right but for rare ties. Reductions as in fdlibm (https://netlib.org/fdlibm/).
 */
import type { Code } from "../emit/code.ts";
import { block, brIf, f64, i32, i64, loop, returns, select, when } from "../emit/instructions.ts";
import { call, type Fn, type FnRef, type Module } from "../emit/module.ts";

const { add, sub, mul, div, abs, sqrt, lt, gt, ge, ne, eq } = f64;
const c = f64.const;

/** Σ coefficients[i]·xⁱ. */
function polynomial(x: Code, coefficients: readonly number[]): Code {
  return coefficients.slice(0, -1).reduceRight<Code>((sum, k) => add(mul(sum, x), c(k)), c(coefficients.at(-1)!));
}

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

function unary(m: Module, name: string, build: (f: Fn, x: Code) => Code): FnRef {
  return m.helper(name, ["f64"], ["f64"], (f) => build(f, f.params[0]!.get));
}

const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;

/** x = n·ln 2 + r with |r| ≤ ln 2 / 2; gives n as float64 in `n` and r in `r`. Outside [-745, 710] x is cut. */
function reduceExp(f: Fn, x: Code): { n: Code; r: Code; code: Code } {
  const [y, n] = f.locals("f64", 2);
  const code = [
    y!.set(f64.max(c(-745), f64.min(c(710), x))),
    n!.set(f64.nearest(mul(y!.get, c(Math.LOG2E)))),
    y!.set(sub(sub(y!.get, mul(n!.get, c(LN2_HIGH))), mul(n!.get, c(LN2_LOW)))),
  ];
  return { n: n!.get, r: y!.get, code };
}

/** 2ⁿ for whole n from -1021 to 1023. */
const power2 = (n: Code): Code => f64.reinterpret(i64.shl(i64.add(i64.truncF64(n), i64.const(1023n)), i64.const(52n)));

/** (eʳ - 1) / r for |r| ≤ ln 2 / 2. */
const EXP_TERMS = Array.from({ length: 14 }, (_, i) => 1 / factorial(i + 1));

export function exp(m: Module): FnRef {
  return unary(m, "exp", (f, x) => {
    const { n, r, code } = reduceExp(f, x);
    const half = f.local("f64");
    // In two factors, since 2ⁿ alone may be out of range.
    return [
      code,
      half.set(f64.floor(mul(n, c(0.5)))),
      mul(mul(add(mul(polynomial(r, EXP_TERMS), r), c(1)), power2(half.get)), power2(sub(n, half.get))),
    ];
  });
}

export function expm1(m: Module): FnRef {
  return unary(m, "expm1", (f, x) => {
    const { n, r, code } = reduceExp(f, f64.max(x, c(-100)));
    const [p, half] = f.locals("f64", 2);
    // 2ⁿ(p + 1) - 1; the square root of the power keeps large n in range.
    const scaled = mul(mul(add(p!.get, c(1)), power2(half!.get)), power2(sub(n, half!.get)));
    return [
      code,
      p!.set(mul(polynomial(r, EXP_TERMS), r)),
      half!.set(f64.floor(mul(n, c(0.5)))),
      // n = 0: p itself, with the sign of a zero.
      select(select(x, p!.get, eq(x, c(0))), sub(scaled, c(1)), eq(n, c(0))),
    ];
  });
}

/** 2·artanh(s)/s in s², |s| ≤ 0.172. */
const LOG_TERMS = Array.from({ length: 11 }, (_, i) => 2 / (2 * i + 1));

export function log(m: Module): FnRef {
  return unary(m, "log", (f, x) => {
    const [y, n, s] = f.locals("f64", 3);
    const bits = f.local("i64");
    const mantissa = i64.or(i64.and(bits.get, i64.const(0xfffffffffffffn)), i64.const(0x3ff0000000000000n));
    return [
      // Zero, infinity, NaN and negative numbers.
      when(eq(x, c(0)), returns(c(-Infinity))),
      when(i32.eqz(lt(x, c(Infinity))), returns(x)),
      when(lt(x, c(0)), returns(c(NaN))),
      y!.set(select(mul(x, c(2 ** 54)), x, lt(x, c(2 ** -1022)))),
      bits.set(i64.reinterpret(y!.get)),
      n!.set(sub(f64.fromI64(i64.shrU(bits.get, i64.const(52n))), c(1023))),
      n!.set(sub(n!.get, select(c(54), c(0), lt(x, c(2 ** -1022))))),
      y!.set(f64.reinterpret(mantissa)),
      when(gt(y!.get, c(Math.SQRT2)), [y!.set(mul(y!.get, c(0.5))), n!.set(add(n!.get, c(1)))]),
      s!.set(div(sub(y!.get, c(1)), add(y!.get, c(1)))),
      y!.set(mul(s!.get, s!.get)),
      add(mul(n!.get, c(LN2_HIGH)), add(mul(polynomial(y!.get, LOG_TERMS), s!.get), mul(n!.get, c(LN2_LOW)))),
    ];
  });
}

/** log(u)·x/(u - 1) with u = 1 + x: the rounding of u cancels. */
export function log1p(m: Module): FnRef {
  const ln = log(m);
  return unary(m, "log1p", (f, x) => {
    const u = f.local("f64");
    return [
      u.set(add(x, c(1))),
      when(eq(u.get, c(1)), returns(x)),
      when(i32.eqz(lt(u.get, c(Infinity))), returns(u.get)),
      mul(call(ln, u.get), div(x, sub(u.get, c(1)))),
    ];
  });
}

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
  const entry = (offset: number): Code => call(tableWord(m), i32.add(word!.get, i32.const(offset)));
  const bits = i64.reinterpret(abs(x));
  /** 64 bits of the table, from `shift` bits into the word at `offset`. */
  const bitsAt = (offset: number): Code =>
    i64.or(
      i64.shl(i64.or(i64.shl(entry(offset), i64.const(32n)), entry(offset + 1)), i64.extendU(shift!.get)),
      i64.shrU(entry(offset + 2), i64.sub(i64.const(32n), i64.extendU(shift!.get))),
    );
  const mask = i64.const(0xffffffffn);
  const large = [
    // |x| = mantissa·2^exponent, mantissa < 2^53; 2/π from the bit of weight 2^(1 - exponent) on: the rest gives multiples of 4.
    exponent!.set(i32.sub(i32.wrap(i64.shrU(bits, i64.const(52n))), i32.const(1075))),
    mantissa!.set(i64.or(i64.and(bits, i64.const(0xfffffffffffffn)), i64.const(0x10000000000000n))),
    word!.set(i32.add(exponent!.get, i32.const(62))),
    shift!.set(i32.and(word!.get, i32.const(31))),
    word!.set(i32.shrU(word!.get, i32.const(5))),
    high!.set(bitsAt(0)),
    low!.set(bitsAt(2)),
    // The top 64 bits of mantissa·(high, low) modulo 2^128, but for a few units.
    a!.set(i64.and(mantissa!.get, mask)),
    b!.set(i64.shrU(mantissa!.get, i64.const(32n))),
    product!.set(i64.mul(mantissa!.get, high!.get)),
    product!.set(i64.add(product!.get, i64.mul(b!.get, i64.shrU(low!.get, i64.const(32n))))),
    product!.set(
      i64.add(
        product!.get,
        i64.shrU(
          i64.add(
            i64.mul(a!.get, i64.shrU(low!.get, i64.const(32n))),
            i64.shrU(i64.mul(a!.get, i64.and(low!.get, mask)), i64.const(32n)),
          ),
          i64.const(32n),
        ),
      ),
    ),
    product!.set(i64.add(product!.get, i64.shrU(i64.mul(b!.get, i64.and(low!.get, mask)), i64.const(32n)))),
    // Quadrant in the top 2 bits, to the nearest; the rest is a signed fraction of it.
    q!.set(i32.wrap(i64.shrU(i64.add(product!.get, i64.const(1n << 61n)), i64.const(62n)))),
    r!.set(mul(f64.fromI64(i64.shl(product!.get, i64.const(2n))), c(2 ** -64 * (Math.PI / 2)))),
    when(lt(x, c(0)), [r!.set(f64.neg(r!.get)), q!.set(i32.sub(i32.const(0), q!.get))]),
  ];
  const small = [
    n!.set(f64.nearest(mul(x, c(2 / Math.PI)))),
    q!.set(i32.truncF64(n!.get)),
    r!.set(sub(sub(sub(x, mul(n!.get, c(PI_2[0]))), mul(n!.get, c(PI_2[1]))), mul(n!.get, c(PI_2[2])))),
  ];
  const infinite = [r!.set(c(NaN)), q!.set(i32.const(0))];
  const code = when(lt(abs(x), c(2 ** 20)), small, when(lt(abs(x), c(Infinity)), large, infinite));
  return { q: q!.get, r: r!.get, code };
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
      square!.set(mul(r, r)),
      y!.set(select(cosOf(square!.get), sinOf(r, square!.get), i32.and(quadrant.get, i32.const(1)))),
      y!.set(select(f64.neg(y!.get), y!.get, i32.and(quadrant.get, i32.const(2)))),
      // sin(±0) = ±0
      turn === 0 ? select(x, y!.get, eq(x, c(0))) : y!.get,
    ];
  });
}

export const sin = (m: Module): FnRef => circular(m, "sin", 0);
export const cos = (m: Module): FnRef => circular(m, "cos", 1);

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
      y!.set(abs(x)),
      base!.set(c(0)),
      sign!.set(c(1)),
      when(gt(y!.get, c(1)), [y!.set(div(c(1), y!.get)), base!.set(c(Math.PI / 2)), sign!.set(c(-1))]),
      when(gt(y!.get, c(Math.SQRT2 - 1)), [
        base!.set(add(base!.get, mul(sign!.get, c(Math.PI / 4)))),
        y!.set(div(sub(y!.get, c(1)), add(y!.get, c(1)))),
      ]),
      square!.set(mul(y!.get, y!.get)),
      y!.set(mul(polynomial(square!.get, ATAN_TERMS), y!.get)),
      f64.copysign(add(base!.get, mul(sign!.get, y!.get)), x),
    ];
  });
}

export function asin(m: Module): FnRef {
  const arc = atan(m);
  return unary(m, "asin", (_, x) => call(arc, div(x, sqrt(mul(sub(c(1), x), add(c(1), x))))));
}

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

export function sinh(m: Module): FnRef {
  const e = expm1(m);
  return unary(m, "sinh", (f, x) => {
    const y = f.local("f64");
    return [
      y.set(call(e, abs(x))),
      // With u = e^|x| - 1: (u + u/(u + 1)) / 2
      y.set(mul(c(0.5), add(y.get, div(f64.min(y.get, c(1e300)), add(f64.min(y.get, c(1e300)), c(1)))))),
      f64.copysign(y.get, x),
    ];
  });
}

export function cosh(m: Module): FnRef {
  const e = exp(m);
  return unary(m, "cosh", (f, x) => {
    const y = f.local("f64");
    return [y.set(call(e, abs(x))), mul(c(0.5), add(y.get, div(c(1), y.get)))];
  });
}

export function tanh(m: Module): FnRef {
  const e = expm1(m);
  return unary(m, "tanh", (f, x) => {
    const y = f.local("f64");
    return [y.set(call(e, mul(c(2), f64.min(abs(x), c(50))))), f64.copysign(div(y.get, add(y.get, c(2))), x)];
  });
}

export function asinh(m: Module): FnRef {
  const [near, far] = [log1p(m), log(m)];
  return unary(m, "asinh", (f, x) => {
    const [y, square] = f.locals("f64", 2);
    const inner = add(y!.get, div(square!.get, add(c(1), sqrt(add(square!.get, c(1))))));
    return [
      y!.set(abs(x)),
      square!.set(mul(x, x)),
      // Beyond 2^28 x² + 1 is x².
      when(gt(y!.get, c(2 ** 28)), y!.set(add(call(far, y!.get), c(Math.LN2))), y!.set(call(near, inner))),
      f64.copysign(y!.get, x),
    ];
  });
}

export function acosh(m: Module): FnRef {
  const [near, far] = [log1p(m), log(m)];
  return unary(m, "acosh", (_, x) => [
    when(lt(x, c(1)), returns(c(NaN))),
    when(gt(x, c(2 ** 28)), returns(add(call(far, x), c(Math.LN2)))),
    call(near, add(sub(x, c(1)), sqrt(mul(sub(x, c(1)), add(x, c(1)))))),
  ]);
}

export function atanh(m: Module): FnRef {
  const ln = log1p(m);
  return unary(m, "atanh", (_, x) => f64.copysign(mul(c(0.5), call(ln, div(mul(c(2), abs(x)), sub(c(1), abs(x))))), x));
}

export function sigmoid(m: Module): FnRef {
  const e = exp(m);
  return unary(m, "sigmoid", (_, x) => div(c(1), add(c(1), call(e, f64.neg(x)))));
}

/** x - trunc(x / y)·y, exact: multiples y·2ᵏ are taken away from the largest on. */
function remainder(m: Module): FnRef {
  return m.helper("remainder", ["f64", "f64"], ["f64"], (f) => {
    const [x, y] = f.params.map((p) => p.get) as [Code, Code];
    const [r, least, step] = f.locals("f64", 3);
    const valid = i32.and(lt(abs(x), c(Infinity)), gt(abs(y), c(0)));
    return [
      when(i32.eqz(valid), returns(c(NaN))),
      when(eq(abs(y), c(Infinity)), returns(x)),
      r!.set(abs(x)),
      least!.set(abs(y)),
      step!.set(least!.get),
      block(
        loop([
          brIf(1, gt(step!.get, mul(r!.get, c(0.5)))),
          step!.set(add(step!.get, step!.get)),
          brIf(0, i32.const(1)),
        ]),
      ),
      block(
        loop([
          brIf(1, lt(step!.get, least!.get)),
          when(ge(r!.get, step!.get), r!.set(sub(r!.get, step!.get))),
          step!.set(mul(step!.get, c(0.5))),
          brIf(0, i32.const(1)),
        ]),
      ),
      f64.copysign(r!.get, x),
    ];
  });
}

/** As `pythonMod` of the reference: the sign follows y. */
export function mod(m: Module): FnRef {
  const rest = remainder(m);
  return m.helper("mod", ["f64", "f64"], ["f64"], (f) => {
    const [x, y] = f.params.map((p) => p.get) as [Code, Code];
    const r = f.local("f64");
    const apart = i32.and(ne(r.get, c(0)), i32.ne(lt(r.get, c(0)), lt(y, c(0))));
    // NaN is below nothing: both signs agree unless y < 0, and NaN + y is NaN.
    return [r.set(call(rest, x, y)), select(add(r.get, y), r.get, apart)];
  });
}

export function floorDivide(m: Module): FnRef {
  const rest = mod(m);
  return m.helper("floorDivide", ["f64", "f64"], ["f64"], (f) => {
    const [x, y] = f.params.map((p) => p.get) as [Code, Code];
    const finite = i32.and(lt(abs(x), c(Infinity)), lt(abs(y), c(Infinity)));
    return [
      when(i32.and(ne(y, c(0)), finite), returns(f64.nearest(div(sub(x, call(rest, x, y)), y)))),
      f64.floor(div(x, y)),
    ];
  });
}

/** aᵇ: whole exponents up to 1024 by squaring, so that whole results are exact. */
export function power(m: Module): FnRef {
  const [ln, e] = [log(m), exp(m)];
  return m.helper("power", ["f64", "f64"], ["f64"], (f) => {
    const [a, b] = f.params.map((p) => p.get) as [Code, Code];
    const [result, factor] = f.locals("f64", 2);
    const left = f.local("i32");
    const whole = eq(b, f64.trunc(b));
    const odd = i32.and(lt(abs(b), c(2 ** 53)), ne(f64.trunc(mul(b, c(0.5))), mul(b, c(0.5))));
    const squaring = [
      result!.set(c(1)),
      factor!.set(a),
      left.set(i32.truncF64(abs(b))),
      loop([
        when(i32.and(left.get, i32.const(1)), result!.set(mul(result!.get, factor!.get))),
        factor!.set(mul(factor!.get, factor!.get)),
        brIf(0, left.tee(i32.shrU(left.get, i32.const(1)))),
      ]),
      returns(select(div(c(1), result!.get), result!.get, lt(b, c(0)))),
    ];
    return [
      when(i32.or(eq(a, c(1)), eq(b, c(0))), returns(c(1))),
      when(i32.and(whole, f64.le(abs(b), c(1024))), squaring),
      result!.set(call(e, mul(b, call(ln, abs(a))))),
      // A negative base: only whole exponents have a result (infinite ones count as whole and even).
      when(lt(a, c(0)), [
        when(i32.eqz(whole), returns(select(result!.get, c(NaN), eq(abs(a), c(Infinity))))),
        when(odd, returns(f64.neg(result!.get))),
      ]),
      result!.get,
    ];
  });
}

/** erf(a) = 2/√π·exp(-a²)·Σ 2ⁿa²ⁿ⁺¹/(2n+1)!! below 2, the continued fraction of erfc from there on. */
export function erf(m: Module): FnRef {
  const e = exp(m);
  return unary(m, "erf", (f, x) => {
    const [a, square, term, sum, n] = f.locals("f64", 5);
    const series = [
      term!.set(a!.get),
      sum!.set(a!.get),
      n!.set(c(1)),
      block(
        loop([
          brIf(1, f64.le(term!.get, mul(sum!.get, c(1e-17)))),
          term!.set(div(mul(term!.get, mul(c(2), square!.get)), add(mul(c(2), n!.get), c(1)))),
          sum!.set(add(sum!.get, term!.get)),
          n!.set(add(n!.get, c(1))),
          brIf(0, i32.const(1)),
        ]),
      ),
      sum!.set(mul(mul(c(2 / Math.sqrt(Math.PI)), call(e, f64.neg(square!.get))), sum!.get)),
    ];
    const fraction = [
      sum!.set(a!.get),
      n!.set(c(40)),
      loop([
        sum!.set(add(a!.get, div(mul(n!.get, c(0.5)), sum!.get))),
        n!.set(sub(n!.get, c(1))),
        brIf(0, gt(n!.get, c(0))),
      ]),
      sum!.set(sub(c(1), div(call(e, f64.neg(square!.get)), mul(c(Math.sqrt(Math.PI)), sum!.get)))),
    ];
    return [
      when(ne(x, x), returns(x)),
      a!.set(f64.min(abs(x), c(6))),
      square!.set(mul(a!.get, a!.get)),
      when(lt(a!.get, c(2)), series, fraction),
      f64.copysign(sum!.get, x),
    ];
  });
}
