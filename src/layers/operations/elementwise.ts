/**
 * Functions of one number, or of two that broadcast. Source: keras/src/ops/numpy.py, keras/src/ops/math.py.
 */
import { promote } from "../../ops/promote.ts";
import type { Sym } from "../../ops/types.ts";
import { added } from "../common/bias-add.ts";
import type { AnyDef, Context } from "../define.ts";
import { type DType, isFloat } from "../../core/dtype.ts";
import {
  HANDS_ON,
  inModule,
  type Numbers,
  operands,
  POINTWISE,
  sizesOf,
  tensor,
  type Traits,
  typedNumbers,
} from "./shared/operation.ts";

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
  (f: Unary, by: number): Unary =>
  (cx, x) =>
    cx.op.multiply(f(cx, x), by);

/** The function of x in another dtype: `to` says which for those that it does not take. */
const from =
  (to: (dtype: DType) => DType, f: Unary): Unary =>
  (cx, x) =>
    f(cx, cx.op.cast(x, to(x.dtype)));
const real = (dtype: DType): DType => (isFloat(dtype) ? dtype : "float32");
/** TensorFlow's own promotion: int64 needs float64. */
const wide = (dtype: DType): DType => (dtype === "int64" ? "float64" : real(dtype));
const notBool = (dtype: DType): DType => (dtype === "bool" ? "int32" : dtype);

/** As it is where x is bool. */
const exceptBool =
  (f: Unary): Unary =>
  (cx, x) =>
    x.dtype === "bool" ? x : f(cx, x);

/** Towards 0. */
const trunc: Unary = ({ op }, x) => (isFloat(x.dtype) ? op.where(op.less(x, 0), op.ceil(x), op.floor(x)) : x);

const UNARY: readonly (readonly [string, Unary])[] = [
  ["Absolute", exceptBool(same("abs"))],
  ["Abs", exceptBool(same("abs"))],
  ["Fabs", from(real, same("abs"))],
  ["Negative", same("negative")],
  ["Sign", same("sign")],
  ["Exp", same("exp")],
  ["Exp2", from(real, (cx, x) => cx.op.power(2, x))],
  ["Expm1", same("expm1")],
  ["Log", same("log")],
  ["Log1p", same("log1p")],
  ["Log2", scaled(same("log"), 1 / Math.LN2)],
  ["Log10", scaled(same("log"), 1 / Math.LN10)],
  ["Sqrt", same("sqrt")],
  ["Cbrt", from(wide, ({ op }, x) => op.multiply(op.sign(x), op.power(op.abs(x), 1 / 3)))],
  ["Square", from(notBool, same("square"))],
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
  ["Deg2rad", from(wide, (cx, x) => cx.op.multiply(x, Math.PI / 180))],
  ["Rad2deg", from(wide, (cx, x) => cx.op.multiply(x, 180 / Math.PI))],
  ["Floor", from(real, same("floor"))],
  ["Ceil", from(real, same("ceil"))],
  ["Isnan", same("isNan")],
  ["Isinf", same("isInf")],
  ["Isfinite", same("isFinite")],
  ["LogicalNot", same("logicalNot")],
  ["Copy", (_, x) => x],
];

const HANDING_ON: typeof UNARY = [
  ["Trunc", trunc],
  ["Real", (_, x) => x],
  ["Conjugate", (_, x) => x],
  ["Conj", (_, x) => x],
];

const MATH: readonly (readonly [string, Unary])[] = [
  ["Rsqrt", same("rsqrt")],
  ["Erf", same("erf")],
  ["Erfc", same("erfc")],
];

const divideNoNan: Binary = (cx, a, b) => {
  const { op } = cx;
  if (typeof b === "number")
    return typeof a === "number" || b !== 0 ? op.divide(a, b) : op.full(sizesOf(cx, a), 0, a.dtype);
  const zero = op.equal(b, 0);
  return op.where(zero, 0, op.divide(a, op.where(zero, 1, b)));
};

/** Of both operands in the dtype that `to` makes of their common one. */
const both =
  (to: (dtype: DType) => DType, f: Binary): Binary =>
  (cx, a, b) => {
    const dtypes = [a, b].flatMap((x) => (typeof x === "number" ? [] : [x.dtype]));
    const dtype = to(dtypes.reduce(promote));
    const side = (x: Operand): Operand => (typeof x === "number" ? x : cx.op.cast(x, dtype));
    return f(cx, side(a), side(b));
  };

/** The larger side times √(1 + ratio²): squares overflow. */
const hypot: Binary = (cx, a, b) => {
  const { op } = cx;
  const [p, q] = [a, b].map((x) => (typeof x === "number" ? Math.abs(x) : op.abs(x))) as [Operand, Operand];
  const most = op.maximum(p, q);
  const ratio = divideNoNan(cx, op.minimum(p, q), most);
  return op.multiply(most, op.sqrt(op.add(op.square(ratio), 1)));
};

/** The next float64 after p towards q, where they differ: its bits, taken for an integer, grow or shrink by one. */
function stepped({ op }: Context, p: Sym, q: Sym): Sym {
  const words = op.bitcast(p, "int32");
  const [low, high] = [0, 1].map((i) => op.take(words, -1, i)) as [Sym, Sym];
  const carried = (by: number, last: number): Sym => {
    const over = op.cast(op.equal(low, last), "int32");
    return op.stack([op.add(low, by), op.add(high, op.multiply(over, by))], -1);
  };
  const isOutward = op.equal(op.less(p, q), op.less(0, p));
  const next = op.where(op.expandDims(isOutward, [-1]), carried(1, -1), carried(-1, 0));
  const least = op.where(op.less(q, 0), -(2 ** -1074), op.constant(2 ** -1074, "float64"));
  return op.where(op.equal(p, 0), least, op.bitcast(next, "float64"));
}

/** Keras steps in float64 and rounds: of narrower numbers that is a again. Either NaN stays. */
const nextafter: Binary = (cx, a, b) => {
  const { op } = cx;
  const side = (x: Operand, other: Operand): Sym => (typeof x === "number" ? op.constant(x, (other as Sym).dtype) : x);
  const [p, q] = [side(a, b), side(b, a)];
  const isEqual = op.logicalOr(op.isNan(q), op.equal(p, q));
  if (p.dtype !== "float64") return op.where(isEqual, q, p);
  return op.where(isEqual, q, op.where(op.isNan(p), p, stepped(cx, p, q)));
};

/** The remainder with the sign of a. */
const fmod: Binary = ({ op }, a, b) => {
  const size = (x: Operand): Operand => (typeof x === "number" ? Math.abs(x) : op.abs(x));
  const y = op.mod(size(a), size(b));
  return typeof a === "number" ? (a < 0 ? op.negative(y) : y) : op.where(op.less(a, 0), op.negative(y), y);
};

/** TensorFlow has no power of unsigned integers: they are taken as int32. */
const power: Binary = (cx, a, b) => {
  const dtype = [a, b].flatMap((x) => (typeof x === "number" ? [] : [x.dtype])).reduce(promote);
  if (!dtype.startsWith("uint") || [a, b].some((x) => typeof x === "number" && !Number.isInteger(x)))
    return cx.op.power(a, b);
  const side = (x: Operand): Operand => (typeof x === "number" ? x : cx.op.cast(x, "int32"));
  return cx.op.cast(cx.op.power(side(a), side(b)), dtype);
};

/** How numbers count: `weak` and `given` ones take the dtype of what stands beside them, `strong` ones have their own. */
const BINARY: readonly (readonly [string, Numbers, Binary])[] = [
  [
    "Add",
    "weak",
    (cx, a, b) => (typeof a === "number" || typeof b === "number" ? cx.op.add(a as Sym, b) : added(cx, a, b)),
  ],
  ["Subtract", "weak", pair("subtract")],
  ["Multiply", "weak", pair("multiply")],
  ["Divide", "given", pair("divide")],
  ["TrueDivide", "given", pair("divide")],
  ["DivideNoNan", "given", both(real, divideNoNan)],
  ["FloorDivide", "weak", pair("floorDivide")],
  ["Mod", "strong", both(notBool, pair("mod"))],
  ["Fmod", "strong", both(notBool, fmod)],
  ["Power", "weak", power],
  ["Maximum", "weak", pair("maximum")],
  ["Minimum", "weak", pair("minimum")],
  ["Arctan2", "strong", pair("atan2")],
  ["Hypot", "strong", both(wide, hypot)],
  ["Nextafter", "strong", both(real, nextafter)],
  ["Equal", "strong", pair("equal")],
  ["NotEqual", "strong", pair("notEqual")],
  ["Less", "strong", pair("less")],
  ["LessEqual", "strong", pair("lessEqual")],
  ["Greater", "strong", pair("greater")],
  ["GreaterEqual", "strong", pair("greaterEqual")],
  ["LogicalAnd", "given", pair("logicalAnd")],
  ["LogicalOr", "given", pair("logicalOr")],
  ["LogicalXor", "given", pair("logicalXor")],
];

const unary = (module: string, rows: typeof UNARY, traits: Traits = {}): AnyDef[] =>
  rows.map(([name, f]) =>
    inModule(module)(name, ["x"], {}, (cx, _c, [x]) => f(cx, tensor(cx, x)), { ...POINTWISE, ...traits }),
  );

export const elementwiseOperations: readonly AnyDef[] = [
  ...unary("numpy", UNARY),
  ...unary("numpy", HANDING_ON, HANDS_ON),
  ...unary("math", MATH),
  ...BINARY.map(([name, numbers, f]) =>
    typedNumbers(
      inModule("numpy")(name, ["x1", "x2"], {}, (cx, _c, [a, b]) => f(cx, ...operands(cx, a, b, numbers)), POINTWISE),
    ),
  ),
];
