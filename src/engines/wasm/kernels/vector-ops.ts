/** What each element-wise operation does, four float32 at a time. Follows src/ops/elementwise.ts. */
import type { Code } from "../emit/code.ts";
import { f32x4, i32x4, v128 } from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import type { StepName } from "./types.ts";
import { erf, erfc } from "./vector-erf.ts";
import { log, log1p } from "./vector-log.ts";
import * as vector from "./vector-math.ts";

/** Kinds of lanes: float32, int32, int8 and uint8 in words of 32 bits, or a mask of all bits for bool. */
export type Lane = "f" | "i" | "b" | "u" | "m";

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
/** The low byte of a word. */
const signed = (x: Code): Code => i32x4.shrS(i32x4.shl(x, 24), 24);
/** As the register of a cast has it: what is beyond int32 is its least number. */
const truncated = (x: Code): Code =>
  v128.select(i32x4.truncF32x4(x), i32x4.const(-(2 ** 31)), f32x4.lt(f32x4.abs(x), f32x4.const(2 ** 31)));

const VECTORS: readonly (readonly [StepName, Vector])[] = [
  ["negative", lanes("ff", f32x4.neg)],
  ["abs", lanes("ff", f32x4.abs)],
  ["sign", curve((_, x) => vector.sign(x))],
  ["exp", curve(vector.exp)],
  ["expm1", curve(vector.expm1)],
  ["log", curve(log)],
  ["log1p", curve(log1p)],
  ["erf", curve(erf)],
  ["erfc", curve(erfc)],
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
  ["multiply", lanes("iii", i32x4.mul)],
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
  ["cast", lanes("if", f32x4.fromI32x4)],
  ["cast", lanes("bf", f32x4.fromI32x4)],
  ["cast", lanes("uf", f32x4.fromI32x4)],
  ["cast", lanes("bi", (x) => x!)],
  ["cast", lanes("ib", (x) => signed(x!))],
  ["truncate", lanes("fi", (x) => truncated(x!))],
  ["truncate", lanes("fb", (x) => signed(truncated(x!)))],
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
