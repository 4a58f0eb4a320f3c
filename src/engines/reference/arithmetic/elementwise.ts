/** One function of one or two numbers, applied to every element; two inputs broadcast as NumPy's. */
import type { DType } from "../../../core/dtype.ts";
import { roundHalfEven } from "../../../core/half.ts";
import { each } from "../../../ops/define.ts";
import type { BINARY, COMPARE, UNARY, UNARY_BOOL } from "../../../ops/signatures.ts";
import { broadcastStrides } from "../../../ops/strided.ts";
import type { Nd } from "../../../ops/types.ts";
import { erf, erfc, floorDivideIn, multiplyIn, powerIn, pythonMod } from "./numbers.ts";
import { eachRow } from "./strided.ts";
import type { Computation } from "./types.ts";

type F1 = (x: number) => number;
type F2 = (a: number, b: number) => number;

const UNARY_FUNCTIONS: Record<(typeof UNARY)[number], F1> = {
  negative: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  square: (x) => x * x,
  reciprocal: (x) => 1 / x,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  erf,
  erfc,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
};

const UNARY_BOOL_FUNCTIONS: Record<(typeof UNARY_BOOL)[number], F1> = {
  logicalNot: (x) => (x === 0 ? 1 : 0),
  isNan: (x) => (Number.isNaN(x) ? 1 : 0),
  isInf: (x) => (x === Infinity || x === -Infinity ? 1 : 0),
  isFinite: (x) => (Number.isFinite(x) ? 1 : 0),
};

const BINARY_FUNCTIONS: Record<(typeof BINARY)[number], F2> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  power: powerIn("float64"),
  maximum: Math.max,
  minimum: Math.min,
  floorDivide: floorDivideIn("float64"),
  mod: pythonMod,
  atan2: Math.atan2,
};

const COMPARE_FUNCTIONS: Record<(typeof COMPARE)[number], F2> = {
  equal: (a, b) => (a === b ? 1 : 0),
  notEqual: (a, b) => (a !== b ? 1 : 0),
  less: (a, b) => (a < b ? 1 : 0),
  lessEqual: (a, b) => (a <= b ? 1 : 0),
  greater: (a, b) => (a > b ? 1 : 0),
  greaterEqual: (a, b) => (a >= b ? 1 : 0),
  logicalAnd: (a, b) => (a !== 0 && b !== 0 ? 1 : 0),
  logicalOr: (a, b) => (a !== 0 || b !== 0 ? 1 : 0),
  logicalXor: (a, b) => ((a !== 0) !== (b !== 0) ? 1 : 0),
};

function map(x: Nd, out: Nd, f: F1): void {
  const from = x.data;
  const to = out.data;
  for (let i = 0; i < to.length; i++) to[i] = f(from[i]!);
}

function zip(a: Nd, b: Nd, out: Nd, f: F2): void {
  const [p, q, to] = [a.data, b.data, out.data];
  if (p.length === to.length && q.length === to.length) {
    for (let i = 0; i < to.length; i++) to[i] = f(p[i]!, q[i]!);
    return;
  }
  const [s, t] = [broadcastStrides(a.shape, out.shape), broadcastStrides(b.shape, out.shape)];
  const last = out.shape.length - 1;
  const [stepA, stepB, length] = [s[last] ?? 0, t[last] ?? 0, out.shape[last] ?? 1];
  eachRow(out.shape, [s, t], (at, [i, j]) => {
    for (let k = 0, m = i!, n = j!; k < length; k++, m += stepA, n += stepB) to[at + k] = f(p[m]!, q[n]!);
  });
}

/** What depends on the dtype of the result. */
const OF_DTYPE: Readonly<Record<string, (dtype: DType) => F2>> = {
  multiply: multiplyIn,
  power: powerIn,
  floorDivide: floorDivideIn,
};

type Unary = Computation<(typeof UNARY)[number] | (typeof UNARY_BOOL)[number]>;
type Binary = Computation<(typeof BINARY)[number] | (typeof COMPARE)[number]>;

const unary =
  (f: F1): Unary =>
  ({ x }, _, { y }) =>
    map(x, y, f);

const binary =
  (f: F2, name: string): Binary =>
  ({ a, b }, _, { y }, dtypes) =>
    zip(a, b, y, OF_DTYPE[name]?.(dtypes.y) ?? f);

/** Of the operations that compute each element from the elements at its place. */
export const elementwise = {
  ...each(UNARY_FUNCTIONS, unary),
  ...each(UNARY_BOOL_FUNCTIONS, unary),
  ...each(BINARY_FUNCTIONS, binary),
  ...each(COMPARE_FUNCTIONS, binary),
};
