/** Remainders, whole quotients and powers in float64: exact where the result is a whole number. Follows engines/reference/arithmetic/numbers.ts. */
import type { Code } from "../emit/code.ts";
import { block, brIf, f64, i32, i64, loop, returns, select, when } from "../emit/instructions.ts";
import { call, type FnRef, type Module } from "../emit/module.ts";
import { exp, log } from "./scalar-exp.ts";
import { wrap64 } from "./storage.ts";

const { add, sub, mul, div, abs, lt, gt, ge, ne, eq } = f64;
const c = f64.const;

/** x - trunc(x / y)·y, exact: multiples y·2ᵏ are taken away from the largest on. */
function remainder(m: Module): FnRef {
  return m.helper("remainder", ["f64", "f64"], ["f64"], (f) => {
    const [x, y] = f.params.map((p) => p.get) as [Code, Code];
    const [r, least, step] = f.locals("f64", 3);
    const valid = i32.and(lt(abs(x), c(Infinity)), gt(abs(y), c(0)));
    return [
      when(i32.eqz(valid), returns(c(NaN))),
      when(eq(abs(y), c(Infinity)), returns(x)),
      r.set(abs(x)),
      least.set(abs(y)),
      step.set(least.get),
      block(
        loop([brIf(1, gt(step.get, mul(r.get, c(0.5)))), step.set(add(step.get, step.get)), brIf(0, i32.const(1))]),
      ),
      block(
        loop([
          brIf(1, lt(step.get, least.get)),
          when(ge(r.get, step.get), r.set(sub(r.get, step.get))),
          step.set(mul(step.get, c(0.5))),
          brIf(0, i32.const(1)),
        ]),
      ),
      f64.copysign(r.get, x),
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

/** Of integers; what division by 0 gives is nothing that an integer holds. */
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

/** aᵇ of integers, by squaring: the low 64 bits. */
export function wholePower(m: Module): FnRef {
  const whole = wrap64(m);
  return m.helper("wholePower", ["f64", "f64"], ["i64"], (f) => {
    const [a, b] = f.params.map((p) => p.get) as [Code, Code];
    const [result, factor, left] = f.locals("i64", 3);
    return [
      result.set(i64.const(1n)),
      factor.set(call(whole, a)),
      left.set(call(whole, b)),
      loop([
        when(i32.wrap(i64.and(left.get, i64.const(1n))), result.set(i64.mul(result.get, factor.get))),
        factor.set(i64.mul(factor.get, factor.get)),
        left.set(i64.shrU(left.get, i64.const(1n))),
        brIf(0, i64.ne(left.get, i64.const(0n))),
      ]),
      result.get,
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
      result.set(c(1)),
      factor.set(a),
      left.set(i32.truncF64(abs(b))),
      loop([
        when(i32.and(left.get, i32.const(1)), result.set(mul(result.get, factor.get))),
        factor.set(mul(factor.get, factor.get)),
        brIf(0, left.tee(i32.shrU(left.get, i32.const(1)))),
      ]),
      returns(select(div(c(1), result.get), result.get, lt(b, c(0)))),
    ];
    return [
      when(i32.or(eq(a, c(1)), eq(b, c(0))), returns(c(1))),
      when(i32.and(whole, f64.le(abs(b), c(1024))), squaring),
      result.set(call(e, mul(b, call(ln, abs(a))))),
      // A negative base: only whole exponents have a result (infinite ones count as whole and even).
      when(lt(a, c(0)), [
        when(i32.eqz(whole), returns(select(result.get, c(NaN), eq(abs(a), c(Infinity))))),
        when(odd, returns(f64.neg(result.get))),
      ]),
      result.get,
    ];
  });
}
