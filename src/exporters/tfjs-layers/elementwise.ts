/** Arithmetic, comparisons and choices of layers. Comparisons are 0 and 1; whole numbers are exact up to 2^24. */
import { isFloat } from "../../core/dtype.ts";
import type { DType } from "../../core/dtype.ts";
import type { OpName } from "../../ops/signatures.ts";
import { Constant, folded } from "./constants.ts";
import * as functions from "./functions.ts";
import type { Dynamic, TfjsEmitter, Rep } from "./emitter.ts";

/** Operands of an operation in their order, of which some may be constants; the dtypes of the first and of the result. */
export type ElementwiseRule = (g: TfjsEmitter, x: readonly Rep[], from: DType, to: DType) => Rep;

const isConstant = (x: Rep): x is Constant => x instanceof Constant;

const fold = (op: OpName, dtype: DType, ...x: readonly Constant[]): Constant =>
  folded(op, x.length === 1 ? { x: x[0]! } : { a: x[0]!, b: x[1]! }, {}, dtype);

/** With a constant as a value beside the other. */
function both(g: TfjsEmitter, a: Rep, b: Rep): readonly [Dynamic, Dynamic] {
  const other = (isConstant(a) ? b : a) as Dynamic;
  const solid = (x: Rep): Dynamic => (isConstant(x) ? g.solid(x, g.rank(other), other.lead) : x);
  return [solid(a), solid(b)];
}

/** A number that changes no lengths of what it meets. */
function numberBeside(g: TfjsEmitter, x: Rep, other: Dynamic): number | null {
  if (!isConstant(x) || x.uniform === null) return null;
  const lengths = other.value.shape.slice(other.lead);
  const own = x.shape.slice(-lengths.length || x.shape.length);
  if (x.shape.length > g.rank(other)) return null;
  const fits = own.every((n, i) => n === 1 || n === lengths[lengths.length - own.length + i]);
  return fits ? x.uniform : null;
}

/** a + b, of which either may be a constant. */
export function plus(g: TfjsEmitter, a: Rep, b: Rep): Rep {
  if (isConstant(a) && isConstant(b)) return fold("add", a.dtype, a, b);
  if (isConstant(a)) return plus(g, b, a);
  const n = numberBeside(g, b, a);
  return n === null ? g.join("Add", ...both(g, a, b)) : g.scale(a, 1, n);
}

/** a · b, of which either may be a constant. */
export function times(g: TfjsEmitter, a: Rep, b: Rep): Rep {
  if (isConstant(a) && isConstant(b)) return fold("multiply", a.dtype, a, b);
  if (isConstant(a)) return times(g, b, a);
  const n = numberBeside(g, b, a);
  return n === null ? g.join("Multiply", ...both(g, a, b)) : g.scale(a, n);
}

/** What holds of some numbers alone. */
function note(g: TfjsEmitter, what: string): void {
  g.w.changed.add(`${g.of.path} ${what}`);
}

const negative = (g: TfjsEmitter, x: Rep): Rep => (isConstant(x) ? g.mapped(x, (n) => -n) : g.scale(x, -1));

function minus(g: TfjsEmitter, a: Rep, b: Rep): Rep {
  const n = isConstant(a) && !isConstant(b) ? numberBeside(g, a, b) : null;
  return n === null ? plus(g, a, negative(g, b)) : g.scale(b as Dynamic, -1, n);
}

function divided(g: TfjsEmitter, a: Rep, b: Rep): Rep {
  if (!isConstant(b)) {
    note(g, `divides by what is ${functions.RANGE}, and by 0 to 0`);
    return times(g, a, functions.reciprocal(g, b));
  }
  if (b.uniform === 0) return g.refuse("a division by 0");
  return times(
    g,
    a,
    g.mapped(b, (n) => 1 / n),
  );
}

function power(g: TfjsEmitter, a: Rep, b: Rep): Rep {
  const n = isConstant(b) && !isConstant(a) ? numberBeside(g, b, a) : null;
  if (n === 0.5) return ELEMENTWISE["sqrt"]!(g, [a], "float32", "float32");
  if (n === null || !Number.isInteger(n) || n < 1 || n > 8) return g.refuse("TensorFlow.js has no such power");
  let y = a;
  for (let i = 1; i < n; i++) y = times(g, y, a);
  return y;
}

const least =
  (className: "Maximum" | "Minimum"): ElementwiseRule =>
  (g, [a, b]) => {
    const zero = className === "Maximum" && [a, b].findIndex((x) => isConstant(x!) && x.uniform === 0);
    const other = zero === 0 ? b : zero === 1 ? a : undefined;
    if (other !== undefined && !isConstant(other) && numberBeside(g, (zero === 0 ? a : b)!, other) === 0)
      return g.named("relu", other);
    return g.join(className, ...both(g, a!, b!));
  };

/** The sign of the difference. */
function order(g: TfjsEmitter, a: Rep, b: Rep, from: DType): Dynamic {
  if (isFloat(from)) note(g, "compares what is finite");
  return g.sign(minus(g, a, b) as Dynamic, !isFloat(from));
}
const above = (g: TfjsEmitter, a: Rep, b: Rep, from: DType): Dynamic => g.named("relu", order(g, a, b, from));
const unequal = (g: TfjsEmitter, a: Rep, b: Rep, from: DType): Dynamic => {
  const sign = order(g, a, b, from);
  return g.join("Multiply", sign, sign);
};
const not = (g: TfjsEmitter, x: Dynamic): Dynamic => g.scale(x, -1, 1);

/** Another value where a condition holds; both are finite. */
export function chosen(g: TfjsEmitter, condition: Rep, a: Rep, b: Rep): Rep {
  const isZero = (x: Rep): boolean => isConstant(x) && x.uniform === 0;
  for (const x of [a, b])
    if (isConstant(x) && x.uniform !== null && !Number.isFinite(x.uniform))
      return g.refuse("a number that is not finite");
  const opposite = (): Rep => (isConstant(condition) ? g.mapped(condition, (n) => 1 - n) : not(g, condition));
  const [yes, no] = [() => times(g, a, condition), () => times(g, b, opposite())];
  if (isZero(a) && isZero(b)) return times(g, condition, a);
  if (isZero(b)) return yes();
  return isZero(a) ? no() : plus(g, yes(), no());
}

const unary =
  (make: (g: TfjsEmitter, x: Dynamic, from: DType) => Rep): ElementwiseRule =>
  (g, [x], from) =>
    make(g, x as Dynamic, from);
/** Integers stay what they are. */
const rounding = (make: (g: TfjsEmitter, x: Dynamic) => Dynamic): ElementwiseRule =>
  unary((g, x, from) => (isFloat(from) ? make(g, x) : x));

/** By a number above 0. */
function byNumber(g: TfjsEmitter, a: Rep, b: Rep) {
  const n = isConstant(b) && !isConstant(a) ? numberBeside(g, b, a) : null;
  return n === null || n <= 0
    ? g.refuse("TensorFlow.js has no whole division by values")
    : functions.divided(g, a as Dynamic, n);
}

const within = (make: (g: TfjsEmitter, x: Dynamic) => Dynamic): ElementwiseRule =>
  unary((g, x) => {
    note(g, `takes and gives what is ${functions.RANGE}`);
    g.w.isOfPositives = true;
    return make(g, x);
  });
const binary =
  (make: (g: TfjsEmitter, a: Rep, b: Rep, from: DType) => Rep): ElementwiseRule =>
  (g, [a, b], from) =>
    make(g, a!, b!, from);

export const ELEMENTWISE: { readonly [op: string]: ElementwiseRule | undefined } = {
  negative: unary((g, x) => g.scale(x, -1)),
  abs: unary((g, x) => g.join("Maximum", x, g.scale(x, -1))),
  sign: unary((g, x, from) => g.sign(x, !isFloat(from))),
  square: unary((g, x) => g.join("Multiply", x, x)),
  sqrt: within(functions.sqrt),
  rsqrt: within(functions.rsqrt),
  reciprocal: within(functions.reciprocal),
  log: within(functions.log),
  log1p: within((g, x) => functions.log(g, g.scale(x, 1, 1))),
  exp: within(functions.exp),
  expm1: within(functions.expm1),
  sinh: within(functions.sinh),
  cosh: within(functions.cosh),
  tanh: unary((g, x) => g.named("tanh", x)),
  sigmoid: unary((g, x) => g.named("sigmoid", x)),
  floor: rounding(functions.floor),
  ceil: rounding(functions.ceil),
  round: rounding(functions.round),
  floorDivide: binary((g, a, b) => byNumber(g, a, b).times),
  mod: binary((g, a, b) => byNumber(g, a, b).rest),
  logicalNot: unary(not),
  add: binary(plus),
  subtract: binary(minus),
  multiply: binary(times),
  divide: binary(divided),
  power: binary(power),
  maximum: least("Maximum"),
  minimum: least("Minimum"),
  greater: binary(above),
  less: binary((g, a, b, from) => above(g, b, a, from)),
  lessEqual: binary((g, a, b, from) => not(g, above(g, a, b, from))),
  greaterEqual: binary((g, a, b, from) => not(g, above(g, b, a, from))),
  notEqual: binary(unequal),
  equal: binary((g, a, b, from) => not(g, unequal(g, a, b, from))),
  logicalAnd: binary(times),
  logicalOr: binary((g, a, b) => g.join("Maximum", ...both(g, a, b))),
  logicalXor: binary(unequal),
  where: (g, [condition, a, b]) => chosen(g, condition!, a!, b!),
  cast(g, [given], from, to) {
    const x = given as Dynamic;
    if (to === "bool") return from === "bool" ? x : unequal(g, x, new Constant([], from, 0, async () => ZERO), from);
    if (isFloat(from) && !isFloat(to))
      return /^int(32|64)$/.test(to) ? functions.truncated(g, x) : g.refuse("whole numbers that wrap");
    if (to === "float16" || to === "bfloat16") return from === to ? x : g.refuse("TensorFlow.js has no half precision");
    const isNarrower = !isFloat(from) && !isFloat(to) && from !== to && from !== "bool" && !/^(u?int)(32|64)$/.test(to);
    if (isNarrower) return g.refuse("whole numbers that wrap");
    return isFloat(to) ? g.float(x) : x;
  },
};

const ZERO = { shape: [], data: Float64Array.of(0) };
