/** The error function and what it leaves of 1, in float64: relative errors below 2e-13. */
import type { Code } from "../emit/code.ts";
import { block, brIf, f64, i32, loop, returns, select, when } from "../emit/instructions.ts";
import { call, type Fn, type FnRef, type Local, type Module } from "../emit/module.ts";
import { exp } from "./scalar-exp.ts";
import { unary } from "./scalar-shared.ts";

const { add, sub, mul, div, abs, lt, gt, ne } = f64;
const c = f64.const;

/** Beyond it nothing is left, not even below the normal range. */
const FAR = 28;

/** erf(a) in `sum` for a below 2: 2/√π·exp(-a²)·Σ 2ⁿa²ⁿ⁺¹/(2n+1)!!. */
function series(f: Fn, e: FnRef, a: Local, sum: Local): Code {
  const [square, term, n] = f.locals("f64", 3);
  return [
    square.set(mul(a.get, a.get)),
    term.set(a.get),
    sum.set(a.get),
    n.set(c(1)),
    block(
      loop([
        brIf(1, f64.le(term.get, mul(sum.get, c(1e-17)))),
        term.set(div(mul(term.get, mul(c(2), square.get)), add(mul(c(2), n.get), c(1)))),
        sum.set(add(sum.get, term.get)),
        n.set(add(n.get, c(1))),
        brIf(0, i32.const(1)),
      ]),
    ),
    sum.set(mul(mul(c(2 / Math.sqrt(Math.PI)), call(e, f64.neg(square.get))), sum.get)),
  ];
}

/** 1 - erf(a) in `sum` for a from 2 on: its continued fraction. */
function fraction(f: Fn, e: FnRef, a: Local, sum: Local): Code {
  const n = f.local("f64");
  return [
    sum.set(a.get),
    n.set(c(40)),
    loop([sum.set(add(a.get, div(mul(n.get, c(0.5)), sum.get))), n.set(sub(n.get, c(1))), brIf(0, gt(n.get, c(0)))]),
    sum.set(div(call(e, f64.neg(mul(a.get, a.get))), mul(c(Math.sqrt(Math.PI)), sum.get))),
  ];
}

/** The error function. */
export function erf(m: Module): FnRef {
  const e = exp(m);
  return unary(m, "erf", (f, x) => {
    const [a, sum] = f.locals("f64", 2);
    return [
      when(ne(x, x), returns(x)),
      a.set(f64.min(abs(x), c(6))),
      when(lt(a.get, c(2)), series(f, e, a, sum), [fraction(f, e, a, sum), sum.set(sub(c(1), sum.get))]),
      f64.copysign(sum.get, x),
    ];
  });
}

/** 1 - erf(x): relative errors of what is left below 2e-13, the most between 1 and 2. */
export function erfc(m: Module): FnRef {
  const e = exp(m);
  return unary(m, "erfc", (f, x) => {
    const [a, sum] = f.locals("f64", 2);
    return [
      when(ne(x, x), returns(x)),
      a.set(f64.min(abs(x), c(FAR))),
      when(lt(a.get, c(2)), [series(f, e, a, sum), sum.set(sub(c(1), sum.get))], fraction(f, e, a, sum)),
      select(sum.get, sub(c(2), sum.get), f64.ge(x, c(0))),
    ];
  });
}
