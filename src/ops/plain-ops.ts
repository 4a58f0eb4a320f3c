/** The operations of one shape each, as layers call them: element by element, and over axes. */
import type { Sym } from "./types.ts";

/** Of each element. */
type Unary = (x: Sym) => Sym;
/** Of the elements at a place of both operands, which broadcast; a number has the dtype of the other operand. */
type Binary = (a: Sym | number, b: Sym | number) => Sym;
/** Over `axes`, by default all, which go away unless `keepdims`. */
type Reduction = (x: Sym, axes?: readonly number[] | null, keepdims?: boolean, nothing?: boolean) => Sym;
/** Along `axis`, which goes away unless `keepdims`; int32. */
type ArgReduction = (x: Sym, axis: number, keepdims?: boolean) => Sym;

/** One function for each operation of `UNARY`, `UNARY_BOOL`, `BINARY`, `COMPARE`, `REDUCE`, `REDUCE_BOOL` and `ARG_REDUCE`. */
export interface PlainOps {
  /** -x. */
  negative: Unary;
  /** |x|. */
  abs: Unary;
  /** -1, 0 or 1. */
  sign: Unary;
  /** eˣ. */
  exp: Unary;
  /** eˣ - 1, exact near 0. */
  expm1: Unary;
  /** The natural logarithm. */
  log: Unary;
  /** log(1 + x), exact near 0. */
  log1p: Unary;
  /** √x. */
  sqrt: Unary;
  /** 1 / √x. */
  rsqrt: Unary;
  /** x². */
  square: Unary;
  /** 1 / x. */
  reciprocal: Unary;
  /** Sine of radians. */
  sin: Unary;
  /** Cosine of radians. */
  cos: Unary;
  /** Tangent of radians. */
  tan: Unary;
  /** The angle of a sine. */
  asin: Unary;
  /** The angle of a cosine. */
  acos: Unary;
  /** The angle of a tangent. */
  atan: Unary;
  /** Hyperbolic sine. */
  sinh: Unary;
  /** Hyperbolic cosine. */
  cosh: Unary;
  /** Hyperbolic tangent. */
  tanh: Unary;
  /** Inverse hyperbolic sine. */
  asinh: Unary;
  /** Inverse hyperbolic cosine. */
  acosh: Unary;
  /** Inverse hyperbolic tangent. */
  atanh: Unary;
  /** 1 / (1 + e⁻ˣ). */
  sigmoid: Unary;
  /** The error function. */
  erf: Unary;
  /** 1 - erf x, with all its digits far out. */
  erfc: Unary;
  /** The next integer down. */
  floor: Unary;
  /** The next integer up. */
  ceil: Unary;
  /** The nearest integer, halves to the even one. */
  round: Unary;
  /** Whether x is false; of bools. */
  logicalNot: Unary;
  /** Whether x is NaN. */
  isNan: Unary;
  /** Whether x is infinite. */
  isInf: Unary;
  /** Whether x is neither NaN nor infinite. */
  isFinite: Unary;
  /** a + b. */
  add: Binary;
  /** a - b. */
  subtract: Binary;
  /** a · b. */
  multiply: Binary;
  /** a / b, a float. */
  divide: Binary;
  /** aᵇ. */
  power: Binary;
  /** The larger. */
  maximum: Binary;
  /** The smaller. */
  minimum: Binary;
  /** a // b: the quotient rounded down. */
  floorDivide: Binary;
  /** a % b: what the floor division leaves, with the sign of b. */
  mod: Binary;
  /** The angle of the point (b, a). */
  atan2: Binary;
  /** a = b. */
  equal: Binary;
  /** a ≠ b. */
  notEqual: Binary;
  /** a < b. */
  less: Binary;
  /** a ≤ b. */
  lessEqual: Binary;
  /** a > b. */
  greater: Binary;
  /** a ≥ b. */
  greaterEqual: Binary;
  /** Both; of bools. */
  logicalAnd: Binary;
  /** One or both; of bools. */
  logicalOr: Binary;
  /** One, not both; of bools. */
  logicalXor: Binary;
  /** The sum. */
  sum: Reduction;
  /** The mean, of floats. */
  mean: Reduction;
  /** The product. */
  prod: Reduction;
  /** The largest; of no elements refused, or -∞ with `nothing`. */
  max: Reduction;
  /** The smallest; of no elements refused, or ∞ with `nothing`. */
  min: Reduction;
  /** Whether one is true. */
  any: Reduction;
  /** Whether all are true. */
  all: Reduction;
  /** Where the largest is, of equal ones the first. */
  argmax: ArgReduction;
  /** Where the smallest is, of equal ones the first. */
  argmin: ArgReduction;
}
