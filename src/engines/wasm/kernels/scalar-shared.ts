/** What the float64 functions of this folder share. */
import type { Code } from "../emit/code.ts";
import { f64 } from "../emit/instructions.ts";
import type { Fn, FnRef, Module } from "../emit/module.ts";

const { add, mul } = f64;
const c = f64.const;

/** Σ coefficients[i]·xⁱ. */
export function polynomial(x: Code, coefficients: readonly number[]): Code {
  return coefficients.slice(0, -1).reduceRight<Code>((sum, k) => add(mul(sum, x), c(k)), c(coefficients.at(-1)!));
}

/** n!, for the terms of series. */
export function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

/** A function of one float64, in a module once under its name. */
export function unary(m: Module, name: string, build: (f: Fn, x: Code) => Code): FnRef {
  return m.helper(name, ["f64"], ["f64"], (f) => build(f, f.params[0]!.get));
}
