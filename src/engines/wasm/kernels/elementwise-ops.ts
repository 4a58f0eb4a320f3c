/** What each element-wise operation does, number by number and four float32 at a time. Follows src/ops/elementwise.ts. */
import { type DType, isInteger } from "../../../core/dtype.ts";
import { registerOf } from "../../../ops/numbers.ts";
import type { ElementwiseName, OpName } from "../../../ops/signatures.ts";
import type { Code } from "../emit/code.ts";
import { f32, f32x4, f64, i32, i32x4, i64, select, v128 } from "../emit/instructions.ts";
import { call, type Fn, type Local, type Module } from "../emit/module.ts";
import * as arithmetic from "./scalar-arithmetic.ts";
import * as scalar from "./scalar-exp.ts";
import * as trig from "./scalar-trig.ts";
import { settled, widthOf, wrap64 } from "./storage.ts";
import type { StepName } from "./types.ts";
import { erf } from "./vector-erf.ts";
import { log, log1p } from "./vector-log.ts";
import * as vector from "./vector-math.ts";

const c = f64.const;
const truth = (condition: Code): Code => f64.fromI32(condition);
const isTrue = (x: Code): Code => f64.ne(x, c(0));

/** Operands are locals, so they may be named more than once. `dtype` is the output's. */
type Scalar = (m: Module, x: readonly Code[], dtype: DType) => Code;

const helper =
  (make: (m: Module) => { readonly index: number }): Scalar =>
  (m, x) =>
    call(make(m), ...x);
const plain =
  (f: (a: Code, b: Code) => Code): Scalar =>
  (_, [a, b]) =>
    f(a!, b!);
const compared = (f: (a: Code, b: Code) => Code): Scalar => plain((a, b) => truth(f(a, b)));

/** The bits of a whole number that a dtype has, as a number. */
const lowBits = (dtype: DType, whole: Code): Code =>
  widthOf(dtype) === 4 ? f64.fromI32(i32.wrap(whole)) : f64.fromI64(whole);

/** Whole products keep their low bits where float64 would lose them. */
const multiply: Scalar = (m, [a, b], dtype) => {
  const product = f64.mul(a!, b!);
  if (!isInteger(dtype)) return product;
  const whole = i64.mul(call(wrap64(m), a!), call(wrap64(m), b!));
  return select(product, lowBits(dtype, whole), f64.lt(f64.abs(product), c(2 ** 53)));
};

const power: Scalar = (m, [a, b], dtype) => {
  const fraction = call(arithmetic.power(m), a!, b!);
  if (!isInteger(dtype)) return fraction;
  return select(lowBits(dtype, call(arithmetic.wholePower(m), a!, b!)), fraction, f64.ge(b!, c(0)));
};

/** A number as a float of that dtype. */
const rounded = (m: Module, dtype: DType, x: Code): Code =>
  dtype === "float32" ? f64.promote(f32.demote(x)) : settled(m, dtype, x);

const SCALARS: { readonly [N in StepName]: Scalar } = {
  negative: plain(f64.neg),
  abs: plain(f64.abs),
  sign: plain((x) => select(x, f64.copysign(c(1), x), i32.or(f64.eq(x, c(0)), f64.ne(x, x)))),
  exp: helper(scalar.exp),
  expm1: helper(scalar.expm1),
  log: helper(scalar.log),
  log1p: helper(scalar.log1p),
  sqrt: plain(f64.sqrt),
  rsqrt: plain((x) => f64.div(c(1), f64.sqrt(x))),
  square: plain((x) => f64.mul(x, x)),
  cube: plain((x) => f64.mul(f64.mul(x, x), x)),
  reciprocal: plain((x) => f64.div(c(1), x)),
  sin: helper(trig.sin),
  cos: helper(trig.cos),
  tan: helper(trig.tan),
  asin: helper(trig.asin),
  acos: helper(trig.acos),
  atan: helper(trig.atan),
  sinh: helper(scalar.sinh),
  cosh: helper(scalar.cosh),
  tanh: helper(scalar.tanh),
  asinh: helper(scalar.asinh),
  acosh: helper(scalar.acosh),
  atanh: helper(scalar.atanh),
  sigmoid: helper(scalar.sigmoid),
  erf: helper(scalar.erf),
  floor: plain(f64.floor),
  ceil: plain(f64.ceil),
  round: plain(f64.nearest),
  logicalNot: plain((x) => truth(f64.eq(x, c(0)))),
  isNan: plain((x) => truth(f64.ne(x, x))),
  isInf: plain((x) => truth(f64.eq(f64.abs(x), c(Infinity)))),
  isFinite: plain((x) => truth(f64.lt(f64.abs(x), c(Infinity)))),
  add: plain(f64.add),
  subtract: plain(f64.sub),
  multiply: multiply,
  divide: plain(f64.div),
  power,
  maximum: plain(f64.max),
  minimum: plain(f64.min),
  relu: plain((x) => f64.max(x, c(0))),
  atLeast: plain(f64.max),
  atMost: plain(f64.min),
  floorDivide: (m, [a, b], dtype) =>
    isInteger(dtype) ? call(arithmetic.floorDivide(m), a!, b!) : f64.floor(rounded(m, dtype, f64.div(a!, b!))),
  mod: helper(arithmetic.mod),
  atan2: helper(trig.atan2),
  equal: compared(f64.eq),
  notEqual: compared(f64.ne),
  less: compared(f64.lt),
  lessEqual: compared(f64.le),
  greater: compared(f64.gt),
  greaterEqual: compared(f64.ge),
  logicalAnd: compared((a, b) => i32.and(isTrue(a), isTrue(b))),
  logicalOr: compared((a, b) => i32.or(isTrue(a), isTrue(b))),
  logicalXor: compared((a, b) => i32.xor(isTrue(a), isTrue(b))),
  where: (_, [condition, a, b]) => select(a!, b!, isTrue(condition!)),
  cast: (_, [x]) => x!,
  truncate: (_, [x], dtype) => {
    const [least, beyond] = registerOf(dtype);
    return select(x!, c(least), i32.and(f64.gt(x!, c(least)), f64.lt(x!, c(beyond))));
  },
};

/** What a step does, number by number. */
export const scalarOp = (name: StepName): Scalar => SCALARS[name];

/** Whether an operation is a step of a chain. */
export const isElementwise = (op: OpName): op is ElementwiseName => Object.hasOwn(SCALARS, op);

/** Kinds of lanes: float32, int32, or a mask of all bits for bool. */
export type Lane = "f" | "i" | "m";

interface Vector {
  /** Kinds of the operands, then that of the result. */
  readonly kinds: readonly Lane[];
  build(f: Fn, x: readonly Local[]): Code;
}

const lanes = (kinds: string, build: (...x: Code[]) => Code): Vector => ({
  kinds: Array.from(kinds) as Lane[],
  build: (_, x) => build(...x.map((local) => local.get)),
});
const curve = (build: (f: Fn, x: Local) => Code): Vector => ({
  kinds: ["f", "f"],
  build: (f, [x]) => build(f, x!),
});
const one = f32x4.const(1);

const VECTORS: readonly (readonly [StepName, Vector])[] = [
  ["negative", lanes("ff", f32x4.neg)],
  ["abs", lanes("ff", f32x4.abs)],
  ["sign", curve((_, x) => vector.sign(x))],
  ["exp", curve(vector.exp)],
  ["expm1", curve(vector.expm1)],
  ["log", curve(log)],
  ["log1p", curve(log1p)],
  ["erf", curve(erf)],
  ["tanh", curve(vector.tanh)],
  ["sigmoid", curve(vector.sigmoid)],
  ["sqrt", lanes("ff", f32x4.sqrt)],
  ["rsqrt", lanes("ff", (x) => f32x4.div(one, f32x4.sqrt(x!)))],
  ["square", lanes("ff", (x) => f32x4.mul(x!, x!))],
  ["cube", lanes("ff", (x) => f32x4.mul(f32x4.mul(x!, x!), x!))],
  ["reciprocal", lanes("ff", (x) => f32x4.div(one, x!))],
  ["floor", lanes("ff", f32x4.floor)],
  ["ceil", lanes("ff", f32x4.ceil)],
  ["round", lanes("ff", f32x4.nearest)],
  ["logicalNot", lanes("mm", v128.not)],
  ["isNan", lanes("fm", (x) => f32x4.ne(x!, x!))],
  ["isInf", lanes("fm", (x) => f32x4.eq(f32x4.abs(x!), f32x4.const(Infinity)))],
  ["isFinite", lanes("fm", (x) => f32x4.lt(f32x4.abs(x!), f32x4.const(Infinity)))],
  ["add", lanes("fff", f32x4.add)],
  ["subtract", lanes("fff", f32x4.sub)],
  ["multiply", lanes("fff", f32x4.mul)],
  ["divide", lanes("fff", f32x4.div)],
  ["maximum", lanes("fff", f32x4.max)],
  ["minimum", lanes("fff", f32x4.min)],
  ["relu", lanes("ff", (x) => vector.relu(x!))],
  // A NaN on the left side of pmin and pmax stays.
  ["atLeast", lanes("fff", f32x4.pmax)],
  ["atMost", lanes("fff", f32x4.pmin)],
  ["equal", lanes("ffm", f32x4.eq)],
  ["notEqual", lanes("ffm", f32x4.ne)],
  ["less", lanes("ffm", f32x4.lt)],
  ["lessEqual", lanes("ffm", f32x4.le)],
  ["greater", lanes("ffm", f32x4.gt)],
  ["greaterEqual", lanes("ffm", f32x4.ge)],
  ["equal", lanes("iim", i32x4.eq)],
  ["notEqual", lanes("iim", i32x4.ne)],
  ["less", lanes("iim", i32x4.ltS)],
  ["lessEqual", lanes("iim", i32x4.leS)],
  ["greater", lanes("iim", i32x4.gtS)],
  ["greaterEqual", lanes("iim", i32x4.geS)],
  ["add", lanes("iii", i32x4.add)],
  ["subtract", lanes("iii", i32x4.sub)],
  ["abs", lanes("ii", i32x4.abs)],
  ["logicalAnd", lanes("mmm", v128.and)],
  ["logicalOr", lanes("mmm", v128.or)],
  ["logicalXor", lanes("mmm", v128.xor)],
  ["equal", lanes("mmm", (a, b) => v128.not(v128.xor(a!, b!)))],
  ["notEqual", lanes("mmm", v128.xor)],
  ["where", lanes("mfff", (condition, a, b) => v128.select(a!, b!, condition!))],
  ["where", lanes("mmmm", (condition, a, b) => v128.select(a!, b!, condition!))],
  ["cast", lanes("mf", (x) => v128.and(x!, one))],
  ["cast", lanes("fm", (x) => f32x4.ne(x!, f32x4.const(0)))],
  ["cast", lanes("ff", (x) => x!)],
  ["cast", lanes("mm", (x) => x!)],
];

const FORMS: ReadonlyMap<string, Vector> = new Map(VECTORS.map(([op, form]) => [`${op} ${form.kinds.join("")}`, form]));

/** The vector form of an operation on these kinds of lanes; `kinds`: operands, then the result. */
export function vectorOp(name: StepName, kinds: readonly Lane[]): Vector | undefined {
  return FORMS.get(`${name} ${kinds.join("")}`);
}

/** The bits of bool lanes in memory: 0 or 1. */
export const fromMask = (mask: Code): Code => v128.and(mask, i32x4.const(1));
export const toMask = (bits: Code): Code => i32x4.ne(bits, i32x4.const(0));
