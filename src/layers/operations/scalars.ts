/**
 * Rarer functions of one number, or of two that broadcast. Source: keras/src/backend/tensorflow/numpy.py, math.py.
 */
import { listOf } from "../../core/list.ts";
import { type DType, isFloat, isInteger } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { promote } from "../../ops/promote.ts";
import type { Sym } from "../../ops/types.ts";
import type { AnyDef, Context } from "../define.ts";
import { bool, float, required, text } from "../fields.ts";
import { saturated } from "../common/saturated.ts";
import { erfInverse } from "./shared/erf-inverse.ts";
import {
  dtypeOf,
  inModule,
  needFloat,
  type Numbers,
  operands,
  sizesOf,
  strong,
  tensor,
  typedNumbers,
} from "./shared/operation.ts";

const numpy = inModule("numpy");

type Unary = (cx: Context, x: Sym) => Sym;
type Binary = (cx: Context, a: Sym, b: Sym) => Sym;

const floats = (dtype: DType): DType => (isFloat(dtype) ? dtype : "float32");
/** TensorFlow's own promotion: int64 needs float64. */
const wide = (dtype: DType): DType => (dtype === "int64" ? "float64" : floats(dtype));
const integers = (dtype: DType): DType =>
  isInteger(dtype) ? dtype : fail("unsupported/dtype", { expected: "integers", found: dtype });

const all = (cx: Context, x: Sym, value: boolean): Sym => cx.op.full(sizesOf(cx, x), Number(value), "bool");

const infinite =
  (value: number): Unary =>
  (cx, x) =>
    isFloat(x.dtype) ? cx.op.equal(x, cx.op.constant(value, x.dtype)) : all(cx, x, false);

/** -0 has a sign; of bools there is none. */
const signBit: Unary = (cx, x) => {
  const { op } = cx;
  if (x.dtype === "bool") return all(cx, x, false);
  return op.less(isFloat(x.dtype) ? op.where(op.equal(x, 0), op.reciprocal(x), x) : x, 0);
};

const sinc: Unary = ({ op }, x) => {
  const angle = op.multiply(x, Math.PI);
  return op.where(op.equal(x, 0), 1, op.divide(op.sin(angle), angle));
};

/** As many as float64 needs where eˣ does not overflow. */
const STEPS = 128;

/** I₀(x) = 1/π ∫ exp(x cos θ) dθ over half a circle, by midpoints: of a periodic function they converge exponentially. */
const bessel: Unary = ({ op }, x) => {
  const cosines = listOf(STEPS, (k) => Math.cos(((k + 0.5) * Math.PI) / STEPS) - 1);
  const size = op.abs(x);
  const half = op.exp(op.divide(size, 2));
  const parts = op.exp(op.multiply(op.expandDims(size, [-1]), op.array(cosines, [STEPS], x.dtype)));
  const y = op.multiply(op.multiply(half, op.mean(parts, [x.shape.length])), half);
  // Where all parts vanish TensorFlow's product is infinite, and of infinity no number.
  const beyond = op.add(op.multiply(half, half), op.subtract(size, size));
  return op.where(op.greater(size, 800), beyond, y);
};

const UNARY: readonly (readonly [string, (dtype: DType) => DType, Unary])[] = [
  ["Angle", floats, ({ op }, x) => op.where(op.less(x, 0), op.constant(Math.PI, x.dtype), op.constant(0, x.dtype))],
  ["Imag", (dtype) => dtype, (cx, x) => cx.op.full(sizesOf(cx, x), 0, x.dtype)],
  ["Isneginf", (dtype) => dtype, infinite(-Infinity)],
  ["Isposinf", (dtype) => dtype, infinite(Infinity)],
  ["Isreal", (dtype) => dtype, (cx, x) => all(cx, x, true)],
  ["Signbit", (dtype) => dtype, signBit],
  ["Sinc", floats, sinc],
  ["I0", wide, bessel],
  ["BitwiseInvert", integers, ({ op }, x) => op.subtract(-1, x)],
  ["BitwiseNot", integers, ({ op }, x) => op.subtract(-1, x)],
];

/** Of NaN and a number, the number. */
const ignoringNan =
  (f: "maximum" | "minimum"): Binary =>
  ({ op }, a, b) =>
    isFloat(a.dtype) ? op.where(op.isNan(a), b, op.where(op.isNan(b), a, op[f](a, b))) : op[f](a, b);

/** log(baseᵃ + baseᵇ), without overflow; of two equal infinities their sum. */
const logAddExp =
  (base: number): Binary =>
  ({ op }, a, b) => {
    const apart = op.subtract(a, b);
    const scale = Math.log(base);
    const rest = op.divide(op.log1p(op.exp(op.multiply(op.negative(op.abs(apart)), scale))), scale);
    return op.where(op.isNan(apart), op.add(a, b), op.add(op.maximum(a, b), rest));
  };

const heaviside: Binary = ({ op }, x, atZero) => op.where(op.less(x, 0), 0, op.where(op.greater(x, 0), 1, atZero));

/** As many as Euclid's algorithm takes of neighbouring Fibonacci numbers of that width. */
const EUCLID: Readonly<Record<string, number>> = { "8": 13, "16": 24, "32": 47, "64": 93 };

const gcd: Binary = (cx, x, y) => {
  const { op } = cx;
  const zeros = op.multiply(op.add(x, y), 0);
  const positive = (s: Sym): Sym => (s.dtype.startsWith("u") ? s : op.abs(s));
  const start = [op.add(positive(x), zeros), op.add(positive(y), zeros)];
  const steps = op.iota(EUCLID[/\d+/.exec(x.dtype)![0]]!, "int32");
  const { carry } = cx.scan(
    start,
    [steps],
    ([a, b]) => {
      const done = op.equal(b!, 0);
      return { carry: [op.where(done, a!, b!), op.where(done, b!, op.mod(a!, op.where(done, 1, b!)))], ys: [] };
    },
    { axis: 0 },
  );
  return carry[0]!;
};

const lcm: Binary = (cx, x, y) => {
  const { op } = cx;
  const [a, b] = [x, y].map((s) => (s.dtype.startsWith("u") ? s : op.abs(s))) as [Sym, Sym];
  const divisor = gcd(cx, a, b);
  const none = op.equal(divisor, 0);
  return op.where(none, 0, op.multiply(a, op.floorDivide(b, op.where(none, 1, divisor))));
};

const BINARY: readonly (readonly [string, Numbers, (dtype: DType) => DType, Binary])[] = [
  ["Fmax", "weak", (dtype) => dtype, ignoringNan("maximum")],
  ["Fmin", "weak", (dtype) => dtype, ignoringNan("minimum")],
  ["Logaddexp", "strong", floats, logAddExp(Math.E)],
  ["Logaddexp2", "strong", floats, logAddExp(2)],
  ["Heaviside", "strong", wide, heaviside],
  ["Gcd", "strong", integers, gcd],
  ["Lcm", "strong", integers, lcm],
];

/** Both sides in the dtype that `to` makes of their common one. */
function common(
  cx: Context,
  [a, b]: readonly [Sym | number, Sym | number],
  to: (dtype: DType) => DType,
): readonly [Sym, Sym] {
  // A whole number beside bools is an int32.
  const dtypes = [a, b].map((x): DType => (typeof x === "number" ? "bool" : x.dtype));
  const shared = dtypes.reduce(promote);
  const dtype = to(shared === "bool" && [a, b].some((x) => typeof x === "number") ? "int32" : shared);
  const side = (x: Sym | number): Sym => (typeof x === "number" ? cx.op.constant(x, dtype) : cx.op.cast(x, dtype));
  return [side(a), side(b)];
}

/** |a - b| ≤ atol + rtol·|b|; of others than floats, whether they are equal. */
function close(
  cx: Context,
  a: Sym,
  b: Sym,
  o: { rtol: number; atol: number; equalNan: boolean; infinite: boolean },
): Sym {
  const { op } = cx;
  if (!isFloat(a.dtype)) return op.equal(a, b);
  const near = op.lessEqual(op.abs(op.subtract(a, b)), op.add(op.multiply(op.abs(b), o.rtol), o.atol));
  const finite = op.logicalAnd(op.isFinite(a), op.isFinite(b));
  const y = o.infinite ? op.logicalOr(op.logicalAnd(finite, near), op.equal(a, b)) : near;
  return o.equalNan ? op.logicalOr(y, op.logicalAnd(op.isNan(a), op.isNan(b))) : y;
}

export const scalarOperations: readonly AnyDef[] = [
  ...UNARY.map(([name, to, f]) =>
    numpy(name, ["x"], {}, (cx, _c, [given]) => {
      const x = tensor(cx, given);
      return f(cx, cx.op.cast(x, to(x.dtype)));
    }),
  ),
  ...BINARY.map(([name, numbers, to, f]) =>
    typedNumbers(
      numpy(name, ["x1", "x2"], {}, (cx, _c, [a, b]) => f(cx, ...common(cx, operands(cx, a, b, numbers), to))),
    ),
  ),
  inModule("math")("Erfinv", ["x"], {}, (cx, _c, [given]) => {
    const x = needFloat(tensor(cx, given));
    const half = x.dtype === "float16" || x.dtype === "bfloat16";
    return cx.op.cast(erfInverse(cx, half ? cx.op.cast(x, "float32") : x), x.dtype);
  }),
  typedNumbers(
    numpy("Ldexp", ["x1", "x2"], {}, (cx, _c, [a, b]) => {
      const { op } = cx;
      const by = strong(cx, b);
      integers(by.dtype);
      const [x, exponent] = common(cx, [strong(cx, a), by], floats);
      const kept = op.logicalOr(op.isInf(x), op.equal(x, 0));
      return op.where(kept, x, op.multiply(x, op.power(2, exponent)));
    }),
  ),
  numpy("Isclose", ["x1", "x2", "rtol", "atol"], { equal_nan: bool(false) }, (cx, c, [a, b, rtol, atol]) => {
    const number = (value: unknown, otherwise: number): number => (typeof value === "number" ? value : otherwise);
    if ([rtol, atol].some((v) => (v ?? null) !== null && typeof v !== "number"))
      fail("unsupported/argument", { found: "a tolerance that is a tensor", expected: "numbers" });
    const [x, y] = common(cx, operands(cx, a, b, "strong"), (dtype) => dtype);
    const options = { rtol: number(rtol, 1e-5), atol: number(atol, 1e-8), equalNan: c.equal_nan, infinite: false };
    return close(cx, x, y, options);
  }),
  numpy("AllClose", ["x1", "x2"], { rtol: float(1e-5), atol: float(1e-8), equal_nan: bool(false) }, (cx, c, [a, b]) => {
    const [x, y] = common(cx, operands(cx, a, b, "strong"), (dtype) => dtype);
    return cx.op.all(close(cx, x, y, { rtol: c.rtol, atol: c.atol, equalNan: c.equal_nan, infinite: true }));
  }),
  inModule("core")("SaturateCast", ["x"], { dtype: required(text()) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    return saturated(cx, x, dtypeOf(c.dtype, x.dtype));
  }),
];
