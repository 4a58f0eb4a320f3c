/**
 * Exponentials, logarithms, hyperbolic functions in float64, for kernels that work number by number: relative errors
 * below 1e-13, so that float32 results are rounded right but for rare ties. Reductions as in fdlibm
 * (https://netlib.org/fdlibm/).
 */
import type { Code } from "../emit/code.ts";
import { f64, i32, i64, returns, select, when } from "../emit/instructions.ts";
import { call, type Fn, type FnRef, type Module } from "../emit/module.ts";
import { factorial, polynomial, unary } from "./scalar-shared.ts";

const { add, sub, mul, div, abs, sqrt, lt, gt, eq } = f64;
const c = f64.const;

const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;

/** x = n·ln 2 + r with |r| ≤ ln 2 / 2; gives n as float64 in `n` and r in `r`. Outside [-746, 710] x is cut, where it is 0 or ∞. */
function reduceExp(f: Fn, x: Code): { n: Code; r: Code; code: Code } {
  const [y, n] = f.locals("f64", 2);
  const code = [
    y.set(f64.max(c(-746), f64.min(c(710), x))),
    n.set(f64.nearest(mul(y.get, c(Math.LOG2E)))),
    y.set(sub(sub(y.get, mul(n.get, c(LN2_HIGH))), mul(n.get, c(LN2_LOW)))),
  ];
  return { n: n.get, r: y.get, code };
}

/** 2ⁿ for whole n from -1021 to 1023. */
const power2 = (n: Code): Code => f64.reinterpret(i64.shl(i64.add(i64.truncF64(n), i64.const(1023n)), i64.const(52n)));

/** (eʳ - 1) / r for |r| ≤ ln 2 / 2. */
const EXP_TERMS = Array.from({ length: 14 }, (_, i) => 1 / factorial(i + 1));

/** eˣ. */
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

/** eˣ - 1, exact near 0. */
export function expm1(m: Module): FnRef {
  return unary(m, "expm1", (f, x) => {
    const { n, r, code } = reduceExp(f, f64.max(x, c(-100)));
    const [p, half] = f.locals("f64", 2);
    // 2ⁿ(p + 1) - 1; the square root of the power keeps large n in range.
    const scaled = mul(mul(add(p.get, c(1)), power2(half.get)), power2(sub(n, half.get)));
    return [
      code,
      p.set(mul(polynomial(r, EXP_TERMS), r)),
      half.set(f64.floor(mul(n, c(0.5)))),
      // n = 0: p itself, with the sign of a zero.
      select(select(x, p.get, eq(x, c(0))), sub(scaled, c(1)), eq(n, c(0))),
    ];
  });
}

/** 2·artanh(s)/s in s², |s| ≤ 0.172. */
const LOG_TERMS = Array.from({ length: 11 }, (_, i) => 2 / (2 * i + 1));

/** The natural logarithm: -Infinity at 0, NaN below. */
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
      y.set(select(mul(x, c(2 ** 54)), x, lt(x, c(2 ** -1022)))),
      bits.set(i64.reinterpret(y.get)),
      n.set(sub(f64.fromI64(i64.shrU(bits.get, i64.const(52n))), c(1023))),
      n.set(sub(n.get, select(c(54), c(0), lt(x, c(2 ** -1022))))),
      y.set(f64.reinterpret(mantissa)),
      when(gt(y.get, c(Math.SQRT2)), [y.set(mul(y.get, c(0.5))), n.set(add(n.get, c(1)))]),
      s.set(div(sub(y.get, c(1)), add(y.get, c(1)))),
      y.set(mul(s.get, s.get)),
      add(mul(n.get, c(LN2_HIGH)), add(mul(polynomial(y.get, LOG_TERMS), s.get), mul(n.get, c(LN2_LOW)))),
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

/** The hyperbolic sine. */
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

/** The hyperbolic cosine. */
export function cosh(m: Module): FnRef {
  const e = exp(m);
  return unary(m, "cosh", (f, x) => {
    const y = f.local("f64");
    return [y.set(call(e, abs(x))), mul(c(0.5), add(y.get, div(c(1), y.get)))];
  });
}

/** The hyperbolic tangent. */
export function tanh(m: Module): FnRef {
  const e = expm1(m);
  return unary(m, "tanh", (f, x) => {
    const y = f.local("f64");
    return [y.set(call(e, mul(c(2), f64.min(abs(x), c(50))))), f64.copysign(div(y.get, add(y.get, c(2))), x)];
  });
}

/** The inverse of sinh. */
export function asinh(m: Module): FnRef {
  const [near, far] = [log1p(m), log(m)];
  return unary(m, "asinh", (f, x) => {
    const [y, square] = f.locals("f64", 2);
    const inner = add(y.get, div(square.get, add(c(1), sqrt(add(square.get, c(1))))));
    return [
      y.set(abs(x)),
      square.set(mul(x, x)),
      // Beyond 2^28 x² + 1 is x².
      when(gt(y.get, c(2 ** 28)), y.set(add(call(far, y.get), c(Math.LN2))), y.set(call(near, inner))),
      f64.copysign(y.get, x),
    ];
  });
}

/** The inverse of cosh; NaN below 1. */
export function acosh(m: Module): FnRef {
  const [near, far] = [log1p(m), log(m)];
  return unary(m, "acosh", (_, x) => [
    when(lt(x, c(1)), returns(c(NaN))),
    when(gt(x, c(2 ** 28)), returns(add(call(far, x), c(Math.LN2)))),
    call(near, add(sub(x, c(1)), sqrt(mul(sub(x, c(1)), add(x, c(1)))))),
  ]);
}

/** The inverse of tanh; NaN beyond ±1. */
export function atanh(m: Module): FnRef {
  const ln = log1p(m);
  return unary(m, "atanh", (_, x) => f64.copysign(mul(c(0.5), call(ln, div(mul(c(2), abs(x)), sub(c(1), abs(x))))), x));
}

/** 1 / (1 + e⁻ˣ). */
export function sigmoid(m: Module): FnRef {
  const e = exp(m);
  return unary(m, "sigmoid", (_, x) => div(c(1), add(c(1), call(e, f64.neg(x)))));
}
