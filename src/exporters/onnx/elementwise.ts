/** Functions of one or two numbers. */
import { type DType, isFloat } from "../../core/dtype.ts";
import type { BINARY, COMPARE, UNARY, UNARY_BOOL } from "../../ops/signatures.ts";
import { erfc } from "./erfc.ts";
import type { OnnxGraph } from "./graph.ts";
import { type OnnxRule, worked } from "./rule.ts";

type Make = (g: OnnxGraph, x: readonly string[], dtype: DType) => string;

/** One node of ONNX. */
const plain =
  (op: string): Make =>
  (g, x) =>
    g.elementwise(op, x);

/** One node of ONNX that engines have in float32 alone. */
const narrow =
  (op: string): Make =>
  (g, x, dtype) =>
    g.narrow(x, dtype, (names) => g.elementwise(op, names));

/** (eˣ ± e⁻ˣ) / 2: float32 would overflow. */
const hyperbolic =
  (op: string, join: "Add" | "Sub"): Make =>
  (g, [x], dtype) => {
    if (dtype !== "float64") return g.elementwise(op, [x!]);
    const [up, down] = [g.elementwise("Exp", [x!]), g.elementwise("Exp", [g.elementwise("Neg", [x!])])];
    return g.elementwise("Mul", [g.elementwise(join, [up, down]), g.scalar(0.5, dtype)]);
  };

/** 2·tanh(x/2) / (1 − tanh(x/2)): exp(x) − 1 loses all digits near 0. */
const expm1: Make = (g, [x], dtype) => {
  const at = (value: number): string => g.scalar(value, dtype);
  const t = g.elementwise("Tanh", [g.elementwise("Mul", [x!, at(0.5)])]);
  const near = g.elementwise("Div", [g.elementwise("Add", [t, t]), g.elementwise("Sub", [at(1), t])]);
  const far = g.elementwise("Sub", [g.elementwise("Exp", [x!]), at(1)]);
  return g.elementwise("Where", [g.elementwise("Less", [g.elementwise("Abs", [x!]), at(1)]), near, far]);
};

/** 2·atanh(x / (2 + x)): log(1 + x) loses all digits near 0. */
const log1p: Make = (g, [x], dtype) => {
  const at = (value: number): string => g.scalar(value, dtype);
  const t = narrow("Atanh")(g, [g.elementwise("Div", [x!, g.elementwise("Add", [x!, at(2)])])], dtype);
  const far = g.elementwise("Log", [g.elementwise("Add", [x!, at(1)])]);
  return g.elementwise("Where", [
    g.elementwise("Less", [g.elementwise("Abs", [x!]), at(0.5)]),
    g.elementwise("Add", [t, t]),
    far,
  ]);
};

const UNARIES: Record<(typeof UNARY)[number], Make> = {
  negative: plain("Neg"),
  abs: plain("Abs"),
  sign: plain("Sign"),
  exp: plain("Exp"),
  expm1,
  log: plain("Log"),
  log1p,
  sqrt: plain("Sqrt"),
  rsqrt: (g, x) => g.elementwise("Reciprocal", [g.elementwise("Sqrt", x)]),
  square: (g, [x]) => g.elementwise("Mul", [x!, x!]),
  reciprocal: plain("Reciprocal"),
  sin: plain("Sin"),
  cos: plain("Cos"),
  tan: narrow("Tan"),
  asin: narrow("Asin"),
  acos: narrow("Acos"),
  atan: narrow("Atan"),
  sinh: hyperbolic("Sinh", "Sub"),
  cosh: hyperbolic("Cosh", "Add"),
  tanh: plain("Tanh"),
  asinh: narrow("Asinh"),
  acosh: narrow("Acosh"),
  atanh: narrow("Atanh"),
  sigmoid: plain("Sigmoid"),
  erf: narrow("Erf"),
  erfc: (g, [x], dtype) => erfc(g, x!, dtype),
  floor: (g, [x], dtype) => (isFloat(dtype) ? g.elementwise("Floor", [x!]) : x!),
  ceil: (g, [x], dtype) => (isFloat(dtype) ? g.elementwise("Ceil", [x!]) : x!),
  round: (g, [x], dtype) => (isFloat(dtype) ? g.elementwise("Round", [x!]) : x!),
};

/** Integers are neither NaN nor infinite. */
const ofFloats =
  (make: Make, always: boolean): Make =>
  (g, [x], dtype) => {
    if (isFloat(dtype)) return make(g, [x!], dtype);
    const equal = g.elementwise("Equal", [x!, x!]);
    return always ? equal : g.elementwise("Not", [equal]);
  };

const UNARY_BOOLS: Record<Exclude<(typeof UNARY_BOOL)[number], "logicalNot">, Make> = {
  isNan: ofFloats(plain("IsNaN"), false),
  isInf: ofFloats(plain("IsInf"), false),
  isFinite: ofFloats(
    (g, x) => g.elementwise("Not", [g.elementwise("Or", [g.elementwise("IsNaN", x), g.elementwise("IsInf", x)])]),
    true,
  ),
};

const both = (g: OnnxGraph, a: string, b: string): string => g.elementwise("And", [a, b]);

/** The divisor with 1 in place of 0, which ends some engines, and whether it was 0. */
function safe(g: OnnxGraph, y: string, dtype: DType): { readonly divisor: string; readonly isZero: string } {
  const isZero = g.elementwise("Equal", [y, g.scalar(0, dtype)]);
  return { divisor: g.elementwise("Where", [isZero, g.scalar(1, dtype), y]), isZero };
}

/** Whether a remainder has another sign than the divisor. */
function isOff(g: OnnxGraph, rest: string, y: string, dtype: DType): string {
  const zero = g.scalar(0, dtype);
  const differs = g.elementwise("Not", [g.elementwise("Equal", [rest, zero])]);
  const signs = g.elementwise("Xor", [g.elementwise("Less", [rest, zero]), g.elementwise("Less", [y, zero])]);
  return both(g, differs, signs);
}

/** Of floats, C's remainder brought to the sign of the divisor, as Python's. */
const mod: Make = (g, [x, y], dtype) => {
  if (!isFloat(dtype)) {
    const { divisor, isZero } = safe(g, y!, dtype);
    return g.elementwise("Where", [isZero, g.scalar(0, dtype), g.elementwise("Mod", [x!, divisor])]);
  }
  const rest = g.elementwise("Mod", [x!, y!], { fmod: 1 });
  return g.elementwise("Where", [isOff(g, rest, y!, dtype), g.elementwise("Add", [rest, y!]), rest]);
};

const floorDivide: Make = (g, [x, y], dtype) => {
  if (!isFloat(dtype)) {
    const { divisor, isZero } = safe(g, y!, dtype);
    const quotient = g.elementwise("Div", [x!, divisor]);
    const rest = g.elementwise("Sub", [x!, g.elementwise("Mul", [quotient, divisor])]);
    const lower = g.elementwise("Sub", [quotient, g.scalar(1, dtype)]);
    const floor = g.elementwise("Where", [isOff(g, rest, divisor, dtype), lower, quotient]);
    return g.elementwise("Where", [isZero, g.scalar(0, dtype), floor]);
  }
  return g.elementwise("Floor", [g.elementwise("Div", [x!, y!])]);
};

/** The angle of (x, y): that of y / x, moved to the left half where x is negative. */
const atan2: Make = (g, [y, x], dtype) => {
  const at = (value: number): string => g.scalar(value, dtype);
  const half = g.elementwise("Mul", [g.elementwise("Sign", [y!]), at(Math.PI / 2)]);
  const angle = narrow("Atan")(g, [g.elementwise("Div", [y!, x!])], dtype);
  const isLow = g.elementwise("Less", [y!, at(0)]);
  const turn = g.elementwise("Where", [isLow, at(-Math.PI), at(Math.PI)]);
  const left = g.elementwise("Where", [g.elementwise("Less", [x!, at(0)]), g.elementwise("Add", [angle, turn]), angle]);
  return g.elementwise("Where", [g.elementwise("Equal", [x!, at(0)]), half, left]);
};

const BINARIES: Record<(typeof BINARY)[number], Make> = {
  add: plain("Add"),
  subtract: plain("Sub"),
  multiply: plain("Mul"),
  divide: plain("Div"),
  power: plain("Pow"),
  maximum: plain("Max"),
  minimum: plain("Min"),
  floorDivide,
  mod,
  atan2,
};

const LOGICAL = { logicalAnd: "And", logicalOr: "Or", logicalXor: "Xor" } as const;

const COMPARES: Record<Exclude<(typeof COMPARE)[number], keyof typeof LOGICAL>, Make> = {
  equal: plain("Equal"),
  notEqual: (g, x) => g.elementwise("Not", [g.elementwise("Equal", x)]),
  less: plain("Less"),
  lessEqual: plain("LessOrEqual"),
  greater: plain("Greater"),
  greaterEqual: plain("GreaterOrEqual"),
};

type Unary = OnnxRule<(typeof UNARY)[number] | (typeof UNARY_BOOL)[number]>;
type Binary = OnnxRule<(typeof BINARY)[number] | (typeof COMPARE)[number]>;

function each<N extends string, T, R>(table: Readonly<Record<N, T>>, rule: (entry: T) => R): Record<N, R> {
  const entries = Object.entries(table) as [N, T][];
  return Object.fromEntries(entries.map(([name, entry]) => [name, rule(entry)])) as Record<N, R>;
}

/** `where` of bools, which engines lack: (c ∧ a) ∨ (¬c ∧ b). */
function chosen(g: OnnxGraph, c: string, a: string, b: string): string {
  return g.elementwise("Or", [both(g, c, a), both(g, g.elementwise("Not", [c]), b)]);
}

const where: OnnxRule<"where"> = (g, { condition, a, b }) => {
  if (a.dtype === "bool") return { y: chosen(g, condition.name, a.name, b.name) };
  return { y: worked(g, [a, b], ([p, q]) => g.elementwise("Where", [condition.name, p!, q!])) };
};

export const elementwise = {
  ...each(UNARIES, (make): Unary => (g, { x }) => ({ y: worked(g, [x], (names, dtype) => make(g, names, dtype)) })),
  ...each(UNARY_BOOLS, (make): Unary => (g, { x }) => ({
    y: worked(g, [x], (names, dtype) => make(g, names, dtype), "bool"),
  })),
  logicalNot: ((g, { x }) => ({ y: g.elementwise("Not", [x.name]) })) satisfies Unary,
  ...each(BINARIES, (make): Binary => (g, { a, b }) => ({
    y: worked(g, [a, b], (names, dtype) => make(g, names, dtype)),
  })),
  ...each(COMPARES, (make): Binary => (g, { a, b }) => ({
    y: worked(g, [a, b], (names, dtype) => make(g, names, dtype), "bool"),
  })),
  ...each(LOGICAL, (op): Binary => (g, { a, b }) => ({ y: g.elementwise(op, [a.name, b.name]) })),
  cast: ((g, { x }, { dtype }) => ({ y: g.cast(x.name, x.dtype, dtype) })) satisfies OnnxRule<"cast">,
  where,
};
