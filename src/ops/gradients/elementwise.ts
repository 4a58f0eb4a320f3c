/** Gradients of what computes each element from the elements at its place. Where TensorFlow chooses, as it does. */
import type { OpContext, Ops } from "../builder.ts";
import { each } from "../define.ts";
import type { BINARY, COMPARE, UNARY, UNARY_BOOL } from "../signatures.ts";
import type { Sym } from "../types.ts";
import { type Gradient, knownLengths, sumTo } from "./define.ts";

type Unary = (op: Ops, x: Sym, y: Sym, dy: Sym) => Sym;
type Binary = (op: Ops, a: Sym, b: Sym, y: Sym, dy: Sym) => readonly [Sym | null, Sym | null];
type Without = { readonly notDifferentiable: string };

const STEPS: Without = { notDifferentiable: "constant between its jumps" };
const BOOLS: Without = { notDifferentiable: "a bool" };

/** TensorFlow's kernels for roots give 0 for 0, whatever the slope. */
const unlessZero = (op: Ops, dy: Sym, slope: Sym): Sym => op.where(op.equal(dy, 0), 0, slope);

const UNARY_GRADIENTS: Record<(typeof UNARY)[number], Unary | Without> = {
  negative: (op, _x, _y, dy) => op.negative(dy),
  abs: (op, x, _, dy) => op.multiply(dy, op.sign(x)),
  sign: (op, x) => op.full(knownLengths(x), 0, x.dtype),
  exp: (op, _, y, dy) => op.multiply(dy, y),
  expm1: (op, _, y, dy) => op.multiply(dy, op.add(y, 1)),
  log: (op, x, _, dy) => op.divide(dy, x),
  log1p: (op, x, _, dy) => op.divide(dy, op.add(x, 1)),
  sqrt: (op, _, y, dy) => unlessZero(op, dy, op.divide(op.multiply(dy, 0.5), y)),
  rsqrt: (op, x, y, dy) => unlessZero(op, dy, op.divide(op.multiply(op.multiply(dy, -0.5), y), x)),
  square: (op, x, _, dy) => op.multiply(dy, op.multiply(x, 2)),
  reciprocal: (op, _, y, dy) => op.negative(op.multiply(dy, op.square(y))),
  sin: (op, x, _, dy) => op.multiply(dy, op.cos(x)),
  cos: (op, x, _, dy) => op.negative(op.multiply(dy, op.sin(x))),
  tan: (op, _, y, dy) => op.multiply(dy, op.add(op.square(y), 1)),
  asin: (op, x, _, dy) => op.multiply(dy, op.rsqrt(op.subtract(1, op.square(x)))),
  acos: (op, x, _, dy) => op.negative(op.multiply(dy, op.rsqrt(op.subtract(1, op.square(x))))),
  atan: (op, x, _, dy) => op.divide(dy, op.add(op.square(x), 1)),
  sinh: (op, x, _, dy) => op.multiply(dy, op.cosh(x)),
  cosh: (op, x, _, dy) => op.multiply(dy, op.sinh(x)),
  tanh: (op, _, y, dy) => op.multiply(dy, op.subtract(1, op.square(y))),
  asinh: (op, x, _, dy) => op.multiply(dy, op.rsqrt(op.add(op.square(x), 1))),
  acosh: (op, _, y, dy) => op.divide(dy, op.sinh(y)),
  atanh: (op, x, _, dy) => op.divide(dy, op.subtract(1, op.square(x))),
  sigmoid: (op, _, y, dy) => op.multiply(dy, op.multiply(y, op.subtract(1, y))),
  erf: (op, x, _, dy) => op.multiply(dy, op.multiply(op.exp(op.negative(op.square(x))), 2 / Math.sqrt(Math.PI))),
  erfc: (op, x, _, dy) => op.multiply(dy, op.multiply(op.exp(op.negative(op.square(x))), -2 / Math.sqrt(Math.PI))),
  floor: STEPS,
  ceil: STEPS,
  round: STEPS,
};

/** The larger, or smaller, of two: of equals the first has it all. */
const chosen =
  (is: "greaterEqual" | "lessEqual"): Binary =>
  (op, a, b, _, dy) => {
    const first = op[is](a, b);
    return [op.where(first, dy, 0), op.where(first, 0, dy)];
  };

const BINARY_GRADIENTS: Record<(typeof BINARY)[number], Binary | Without> = {
  add: (_op, _a, _b, _y, dy) => [dy, dy],
  subtract: (op, _a, _b, _y, dy) => [dy, op.negative(dy)],
  multiply: (op, a, b, _, dy) => [op.multiply(dy, b), op.multiply(dy, a)],
  divide: (op, _, b, y, dy) => {
    const part = op.divide(dy, b);
    return [part, op.negative(op.multiply(part, y))];
  },
  power: (op, a, b, y, dy) => {
    const isPositive = op.greater(a, 0);
    const log = op.where(isPositive, op.log(op.where(isPositive, a, 1)), 0);
    // A power of 0 is constant, of whatever.
    const below = op.where(op.equal(b, 0), 0, op.power(op.where(op.equal(b, 0), 1, a), op.subtract(b, 1)));
    return [op.multiply(dy, op.multiply(b, below)), op.multiply(dy, op.multiply(y, log))];
  },
  maximum: chosen("greaterEqual"),
  minimum: chosen("lessEqual"),
  floorDivide: STEPS,
  mod: (op, a, b, _, dy) => [dy, op.negative(op.multiply(dy, op.floor(op.divide(a, b))))],
  atan2: (op, a, b, _, dy) => {
    const part = op.divide(dy, op.add(op.square(a), op.square(b)));
    return [op.multiply(part, b), op.negative(op.multiply(part, a))];
  },
};

const BOOL_OPS: Record<(typeof UNARY_BOOL)[number] | (typeof COMPARE)[number], Without> = {
  logicalNot: BOOLS, isNan: BOOLS, isInf: BOOLS, isFinite: BOOLS,
  equal: BOOLS, notEqual: BOOLS, less: BOOLS, lessEqual: BOOLS, greater: BOOLS, greaterEqual: BOOLS,
  logicalAnd: BOOLS, logicalOr: BOOLS, logicalXor: BOOLS,
}; // prettier-ignore

/** Gradients of the element-wise operations. */
export const elementwise = {
  ...each(UNARY_GRADIENTS, (f): Gradient<(typeof UNARY)[number]> =>
    typeof f === "function" ? ({ op }, { x, y, dy }) => ({ x: f(op, x.x, y, dy) }) : f,
  ),
  ...each(BINARY_GRADIENTS, (f): Gradient<(typeof BINARY)[number]> =>
    typeof f === "function"
      ? (cx: OpContext, { x, y, dy }) => {
          const [a, b] = f(cx.op, x.a, x.b, y, dy);
          return { ...(a && { a: sumTo(cx, a, x.a) }), ...(b && { b: sumTo(cx, b, x.b) }) };
        }
      : f,
  ),
  ...BOOL_OPS,
  cast: (({ op }, { x, dy }) => ({ x: op.cast(dy, x.x.dtype) })) satisfies Gradient<"cast">,
  where: ((cx, { x, dy }) => ({
    a: sumTo(cx, cx.op.where(x.condition, dy, 0), x.a),
    b: sumTo(cx, cx.op.where(x.condition, 0, dy), x.b),
  })) satisfies Gradient<"where">,
};
