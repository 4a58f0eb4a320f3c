/**
 * What each element-wise operation does, number by number, and chains of them. Follows src/ops/elementwise.ts. Loaded when a
 * plan has such a chain (`rules/later.ts`).
 */
import { type DType, isInteger } from "../../../core/dtype.ts";
import { registerOf } from "../../../ops/numbers.ts";
import type { Code } from "../emit/code.ts";
import { f32, f64, i32, select } from "../emit/instructions.ts";
import { call, type Fn, type Module } from "../emit/module.ts";
import { chainLoop, type Program } from "./elementwise.ts";
import { lowBits, multiply, type Scalar } from "./scalar-multiply.ts";
import * as arithmetic from "./scalar-arithmetic.ts";
import { erf, erfc } from "./scalar-erf.ts";
import * as scalar from "./scalar-exp.ts";
import * as trig from "./scalar-trig.ts";
import { loadNumber, settled, storeNumber } from "./storage.ts";
import type { StepName } from "./types.ts";

const c = f64.const;
const truth = (condition: Code): Code => f64.fromI32(condition);
const isTrue = (x: Code): Code => f64.ne(x, c(0));

const helper =
  (make: (m: Module) => { readonly index: number }): Scalar =>
  (m, x) =>
    call(make(m), ...x);
const plain =
  (f: (a: Code, b: Code) => Code): Scalar =>
  (_, [a, b]) =>
    f(a!, b!);
const compared = (f: (a: Code, b: Code) => Code): Scalar => plain((a, b) => truth(f(a, b)));

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
  erf: helper(erf),
  erfc: helper(erfc),
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

/** A chain, number by number. */
export function scalarLoop(f: Fn, program: Program): Code {
  const { inputs, steps } = program;
  const registers = f.locals("f64", inputs.length + steps.length);
  const compute = steps.map(({ op, args, dtype }, i) => {
    const value = SCALARS[op](
      f.module,
      args.map((a) => registers[a]!.get),
      dtype,
    );
    return registers[inputs.length + i]!.set(settled(f.module, dtype, value));
  });
  const dtype = steps.at(-1)!.dtype;
  return chainLoop(f, program, registers, {
    type: "f64",
    elements: 1,
    compute,
    load: (pointer, i) => loadNumber(inputs[i]!.dtype, pointer),
    store: (pointer) => storeNumber(dtype, pointer, registers.at(-1)!.get),
  });
}
