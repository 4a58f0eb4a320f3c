/**
 * Functions of one number, or of two that broadcast. Source: keras/src/ops/numpy.py, keras/src/ops/math.py.
 */
import type { Sym } from "../../ops/types.ts";
import type { AnyDef, Context } from "../define.ts";
import { inModule, operand, tensor } from "../common/operation.ts";

type Unary = (cx: Context, x: Sym) => Sym;
type Operand = Sym | number;
type Binary = (cx: Context, a: Operand, b: Operand) => Sym;
type Name<F> = { [K in keyof Context["op"]]: Context["op"][K] extends F ? K : never }[keyof Context["op"]];

const same =
  (name: Name<(x: Sym) => Sym>): Unary =>
  (cx, x) =>
    (cx.op[name] as (x: Sym) => Sym)(x);
const pair =
  (name: Name<(a: Operand, b: Operand) => Sym>): Binary =>
  (cx, a, b) =>
    (cx.op[name] as (a: Operand, b: Operand) => Sym)(a, b);
const scaled =
  (f: (cx: Context, x: Sym) => Sym, by: number): Unary =>
  (cx, x) =>
    cx.op.multiply(f(cx, x), by);

/** As `pair`; Keras makes numbers float32 tensors first. */
const rounded = (name: Name<(a: Operand, b: Operand) => Sym>): Binary => {
  const round = (x: Operand): Operand => (typeof x === "number" ? Math.fround(x) : x);
  return (cx, a, b) => pair(name)(cx, round(a), round(b));
};

/** Towards 0. */
const trunc: Unary = ({ op }, x) => op.where(op.less(x, 0), op.ceil(x), op.floor(x));

const UNARY: readonly (readonly [string, Unary])[] = [
  ["Absolute", same("abs")],
  ["Abs", same("abs")],
  ["Fabs", same("abs")],
  ["Negative", same("negative")],
  ["Sign", same("sign")],
  ["Exp", same("exp")],
  ["Exp2", (cx, x) => cx.op.power(2, x)],
  ["Expm1", same("expm1")],
  ["Log", same("log")],
  ["Log1p", same("log1p")],
  ["Log2", scaled(same("log"), 1 / Math.LN2)],
  ["Log10", scaled(same("log"), 1 / Math.LN10)],
  ["Sqrt", same("sqrt")],
  ["Cbrt", ({ op }, x) => op.multiply(op.sign(x), op.power(op.abs(x), 1 / 3))],
  ["Square", same("square")],
  ["Reciprocal", same("reciprocal")],
  ["Sin", same("sin")],
  ["Cos", same("cos")],
  ["Tan", same("tan")],
  ["Arcsin", same("asin")],
  ["Arccos", same("acos")],
  ["Arctan", same("atan")],
  ["Sinh", same("sinh")],
  ["Cosh", same("cosh")],
  ["Tanh", same("tanh")],
  ["Arcsinh", same("asinh")],
  ["Arccosh", same("acosh")],
  ["Arctanh", same("atanh")],
  ["Deg2rad", (cx, x) => cx.op.multiply(x, Math.PI / 180)],
  ["Rad2deg", (cx, x) => cx.op.multiply(x, 180 / Math.PI)],
  ["Floor", same("floor")],
  ["Ceil", same("ceil")],
  ["Trunc", trunc],
  ["Isnan", same("isNan")],
  ["Isinf", same("isInf")],
  ["Isfinite", same("isFinite")],
  ["LogicalNot", same("logicalNot")],
  ["Real", (_, x) => x],
  ["Conjugate", (_, x) => x],
  ["Conj", (_, x) => x],
  ["Copy", (_, x) => x],
];

const MATH: readonly (readonly [string, Unary])[] = [
  ["Rsqrt", same("rsqrt")],
  ["Erf", same("erf")],
  ["Erfc", ({ op }, x) => op.subtract(1, op.erf(x))],
];

/** ln(eᵃ + eᵇ), without overflow. */
const logAddExp: Binary = ({ op }, a, b) =>
  op.add(op.maximum(a, b), op.log1p(op.exp(op.negative(op.abs(op.subtract(a, b))))));

const divideNoNan: Binary = ({ op }, a, b) => {
  const zero = op.equal(b, 0);
  return op.where(zero, 0, op.divide(a, op.where(zero, 1, b)));
};

const BINARY: readonly (readonly [string, Binary])[] = [
  ["Add", pair("add")],
  ["Subtract", pair("subtract")],
  ["Multiply", pair("multiply")],
  ["Divide", pair("divide")],
  ["TrueDivide", pair("divide")],
  ["DivideNoNan", divideNoNan],
  ["FloorDivide", pair("floorDivide")],
  ["Mod", rounded("mod")],
  ["Fmod", (cx, a, b) => cx.op.subtract(a, cx.op.multiply(trunc(cx, cx.op.divide(a, b)), b))],
  ["Power", pair("power")],
  ["Maximum", pair("maximum")],
  ["Minimum", pair("minimum")],
  ["Arctan2", rounded("atan2")],
  ["Hypot", ({ op }, a, b) => op.sqrt(op.add(op.multiply(a, a), op.multiply(b, b)))],
  ["Logaddexp", logAddExp],
  ["Equal", rounded("equal")],
  ["NotEqual", rounded("notEqual")],
  ["Less", rounded("less")],
  ["LessEqual", rounded("lessEqual")],
  ["Greater", rounded("greater")],
  ["GreaterEqual", rounded("greaterEqual")],
  ["LogicalAnd", pair("logicalAnd")],
  ["LogicalOr", pair("logicalOr")],
  ["LogicalXor", pair("logicalXor")],
];

const unary = (module: string, rows: typeof UNARY): AnyDef[] =>
  rows.map(([name, f]) => inModule(module)(name, ["x"], {}, (cx, _c, [x]) => f(cx, tensor(cx, x))));

export const elementwiseOperations: readonly AnyDef[] = [
  ...unary("numpy", UNARY),
  ...unary("math", MATH),
  ...BINARY.map(([name, f]) =>
    inModule("numpy")(name, ["x1", "x2"], {}, (cx, _c, [a, b]) => f(cx, operand(cx, a), operand(cx, b))),
  ),
];
