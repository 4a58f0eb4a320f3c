/** Diagonals, rotations, products of places, grids. Source: keras/src/backend/tensorflow/numpy.py. */
import { listOf } from "../../core/list.ts";
import { type DType, isFloat } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { promote } from "../../ops/promote.ts";
import type { Size, Sym } from "../../ops/types.ts";
import type { AnyDef, Context } from "../define.ts";
import { wholeMean } from "../common/whole-mean.ts";
import { bool, choice, float, int, intList, json, optional, required, text } from "../fields.ts";
import { atEnd, fromEnd } from "./shared/along.ts";
import {
  HANDS_ON,
  axisOf,
  dtypeOf,
  flat,
  floating,
  inModule,
  lengthThere,
  operand,
  sizesOf,
  strong,
  tensor,
  typedNumbers,
} from "./shared/operation.ts";
import { counted, counting, least, minus, most, productOfSizes, times } from "./shared/sizes.ts";

const numpy = inModule("numpy");
const anyInt = (initial: number) => int({ min: -0x7fffffff, default: initial });

/** The k-th diagonal of the last two axes, as the last one; none outside. */
function diagonalOf(cx: Context, x: Sym, k: number): Sym {
  const { op } = cx;
  const sizes = sizesOf(cx, x);
  const [rows, columns] = sizes.slice(-2) as [Size, Size];
  const [down, right] = [Math.max(-k, 0), Math.max(k, 0)];
  const length = most(least(minus(rows, down), minus(columns, right)), 0);
  const width = counted(cx, columns);
  const places = op.add(
    op.multiply(op.iota(length, "int32"), op.add(width, 1)),
    op.add(op.multiply(width, down), right),
  );
  return op.gather(op.reshape(x, [...sizes.slice(0, -2), times(rows, columns)]), places, x.shape.length - 2);
}

/** A matrix with x on its k-th diagonal. */
function diagonalMatrix(cx: Context, x: Sym, k: number): Sym {
  const { op } = cx;
  const padded = op.pad(x, [[0, Math.abs(k)]]);
  const n = cx.size(padded, 0);
  const [row, column] = [counting(cx, n, 0, 2), counting(cx, n, 1, 2)];
  const values = op.expandDims(padded, [k >= 0 ? 1 : 0]);
  return op.where(op.equal(op.subtract(column, row), k), values, op.constant(0, x.dtype));
}

function diag(cx: Context, x: Sym, k: number): Sym {
  if (x.shape.length === 1) return diagonalMatrix(cx, x, k);
  return x.shape.length === 2
    ? diagonalOf(cx, x, k)
    : fail("mismatch/rank", { expected: "1 or 2 axes", found: String(x.shape.length) });
}

/** TensorFlow's backend takes a matrix turned once for one of the other form when it turns it again: kept. */
function rotated(cx: Context, given: Sym, times90: number, plane: readonly number[]): Sym {
  const { op } = cx;
  const k = ((times90 % 4) + 4) % 4;
  if (k === 0) return given;
  const axes = plane.map((axis) => axisOf(given, axis));
  const last = given.shape.length - 1;
  const swap = given.shape.map((_, i) => (i === last ? last - 1 : i === last - 1 ? last : i));
  const turn = (x: Sym): Sym => op.transpose(op.reverse(x, [last]), swap);
  const first = atEnd(cx, given, axes);
  const [h, w] = [cx.size(first, -2), cx.size(first, -1)];
  const form = [...sizesOf(cx, first).slice(0, -2), ...(k % 2 === 1 ? [w, h] : [h, w])];
  let y = turn(first);
  if (k > 1) {
    y = op.reshape(y, form);
    for (let i = 1; i < k; i++) y = turn(y);
  }
  const others = given.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const perm = [...others, ...axes];
  return op.transpose(
    op.reshape(y, form),
    perm.map((_, axis) => perm.indexOf(axis)),
  );
}

function cross(cx: Context, given: readonly [Sym, Sym], axes: readonly [number, number], to: number): Sym {
  const { op } = cx;
  const dtype = promote(given[0].dtype, given[1].dtype);
  const sides = given.map((x, i) => atEnd(cx, op.cast(x, dtype), [axisOf(x, axes[i]!)]));
  const parts = sides.map((x): readonly [Sym, Sym, Sym | null] => {
    const length = lengthThere(x, x.shape.length - 1);
    if (length !== 2 && length !== 3) fail("mismatch/shape", { expected: "2 or 3 coordinates", found: String(length) });
    return [op.take(x, -1, 0), op.take(x, -1, 1), length === 3 ? op.take(x, -1, 2) : null];
  });
  const [[a0, a1, a2], [b0, b1, b2]] = parts as [readonly [Sym, Sym, Sym | null], readonly [Sym, Sym, Sym | null]];
  const less = (p: Sym | null, q: Sym | null, r: Sym | null, s: Sym | null): Sym => {
    const [left, right] = [p && q && op.multiply(p, q), r && s && op.multiply(r, s)];
    if (left === null) return op.negative(right!);
    return right === null ? left : op.subtract(left, right);
  };
  const z = less(a0, b1, a1, b0);
  if (a2 === null && b2 === null) return z;
  const all = [less(a1, b2, a2, b1), less(a2, b0, a0, b2), z];
  const y = op.stack(all, -1);
  return fromEnd(cx, y, axisOf(y, to));
}

function kron(cx: Context, given: readonly [Sym, Sym]): Sym {
  const { op } = cx;
  const dtype = promote(given[0].dtype, given[1].dtype);
  const rank = Math.max(...given.map((x) => x.shape.length));
  const sizes = given.map((x): Size[] => [...listOf<Size>(rank - x.shape.length, () => 1), ...sizesOf(cx, x)]);
  const wide = given.map((x, i) =>
    op.reshape(
      op.cast(x, dtype),
      sizes[i]!.flatMap((n): Size[] => (i === 0 ? [n, 1] : [1, n])),
    ),
  );
  return op.reshape(op.multiply(wide[0]!, wide[1]!), sizes[0]!.map((n, axis) => times(n, sizes[1]![axis]!))); // prettier-ignore
}

interface Range {
  readonly num: number;
  readonly endpoint: boolean;
  readonly dtype: string | null;
  readonly axis: number;
}

/**
 * Refused: numbers that may leave their dtype on the way back from floats, as they do where their difference or count wraps
 * around. TensorFlow cuts them off or wraps them around by their place and the processor.
 */
function refuseLeaving(dtype: DType, { num, endpoint }: Range): void {
  const between = num > (endpoint ? 2 : 1);
  const unsigned = dtype.startsWith("u");
  if (between && (!/32|64/.test(dtype) || (unsigned && !endpoint)))
    fail("unsupported/dtype", { found: dtype, expected: "int32, int64 or floats for numbers between both ends" });
}

/**
 * `num` numbers from start to stop, evenly, and the step between them. Whole ones are subtracted in their own dtype, where they
 * may wrap around; TensorFlow's quotients of them are floats, and what lies between is rounded down.
 */
function linear(cx: Context, start: Sym | number, stop: Sym | number, range: Range): { y: Sym; step: Sym } {
  const { op } = cx;
  const { num, endpoint, dtype, axis } = range;
  // A number takes the dtype of what stands beside it.
  const common = [start, stop].map((x): DType => (typeof x === "number" ? "bool" : x.dtype)).reduce(promote);
  const to = dtypeOf(dtype, isFloat(common) ? common : "float32");
  if (to === "bool") fail("unsupported/dtype", { found: to, expected: "numbers" });
  if (num < 1) fail("mismatch/shape", { path: "num", expected: "at least 1", found: String(num) });
  const whole = !isFloat(to);
  if (whole) refuseLeaving(to, range);
  const within: DType = !whole ? to : /32|64/.test(to) ? "float64" : "float32";
  const side = (x: Sym | number): Sym => (typeof x === "number" ? op.constant(x, to) : op.cast(x, to));
  const [a, b] = [side(start), side(stop)];
  const step = op.divide(op.cast(op.subtract(b, a), within), endpoint ? Math.max(num - 1, 1) : num);
  const [from, until] = [op.cast(a, within), op.cast(b, within)];
  const last = endpoint || num === 1 ? until : op.subtract(until, step);
  const zeros = op.multiply(op.cast(op.equal(a, b), within), 0);
  const [low, high] = [op.add(from, zeros), op.add(last, zeros)];
  const at = axis < 0 ? axis + low.shape.length + 1 : axis;
  const apart = endpoint ? step : op.divide(op.subtract(high, low), Math.max(num - 1, 1));
  const count = op.cast(counting(cx, num, at, low.shape.length + 1), within);
  const evenly = op.add(op.expandDims(low, [at]), op.multiply(op.expandDims(apart, [at]), count));
  const isLast = op.equal(count, num - 1);
  const y = num === 1 ? evenly : op.where(isLast, op.expandDims(high, [at]), evenly);
  return {
    y: whole ? op.cast(op.floor(y), to) : y,
    step: endpoint && num === 1 ? op.full([], NaN, "float32") : step,
  };
}

const rangeOptions = { num: int({ min: 0, default: 50 }), endpoint: bool(true), dtype: optional(text()), axis: anyInt(0) }; // prettier-ignore
/** Numbers whose logarithms are evenly apart. The base, too, is of their dtype; TensorFlow has no power of unsigned ones. */
function logarithmic(cx: Context, base: number, start: Sym | number, stop: Sym | number, c: Range): Sym {
  const { y } = linear(cx, start, stop, c);
  if (y.dtype.startsWith("u")) fail("unsupported/dtype", { found: y.dtype, expected: "signed numbers" });
  return cx.op.power(isFloat(y.dtype) ? base : Math.trunc(base), y);
}

export const matrixOperations: readonly AnyDef[] = [
  numpy("Diag", ["x"], { k: anyInt(0) }, (cx, c, [x]) => diag(cx, tensor(cx, x), c.k)),
  numpy("Diagflat", ["x"], { k: anyInt(0) }, (cx, c, [x]) => diag(cx, flat(cx, tensor(cx, x)), c.k)),
  numpy("Diagonal", ["x"], { offset: anyInt(0), axis1: anyInt(0), axis2: anyInt(1) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    return diagonalOf(cx, atEnd(cx, x, [axisOf(x, c.axis1), axisOf(x, c.axis2)]), c.offset);
  }),
  numpy("Trace", ["x"], { offset: anyInt(0), axis1: anyInt(0), axis2: anyInt(1) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    return cx.op.sum(diagonalOf(cx, atEnd(cx, x, [axisOf(x, c.axis1), axisOf(x, c.axis2)]), c.offset), [-1]);
  }),
  numpy("Rot90", ["array"], { k: anyInt(1), axes: intList([0, 1]) }, (cx, c, [x]) =>
    rotated(cx, tensor(cx, x), c.k, c.axes),
  ),
  numpy(
    "Cross",
    ["x1", "x2"],
    { axisa: anyInt(-1), axisb: anyInt(-1), axisc: anyInt(-1), axis: optional(int()) },
    (cx, { axisa, axisb, axisc, axis }, [a, b]) =>
      cross(cx, [tensor(cx, a), tensor(cx, b)], [axis ?? axisa, axis ?? axisb], axis ?? axisc),
  ),
  typedNumbers(numpy("Kron", ["x1", "x2"], {}, (cx, _c, [a, b]) => kron(cx, [strong(cx, a), strong(cx, b)]))),
  numpy("Vander", ["x"], { N: optional(int({ min: 0 })), increasing: bool(false) }, (cx, c, [given]) => {
    const { op } = cx;
    const x = tensor(cx, given);
    if (x.shape.length !== 1) fail("mismatch/rank", { expected: "1 axis", found: String(x.shape.length) });
    const dtype = promote(x.dtype, "float32");
    const n = c.N ?? cx.size(x, 0);
    const rising = op.cast(op.iota(n, "int32"), dtype);
    const powers = c.increasing ? rising : op.reverse(rising, [0]);
    return op.cast(op.power(op.cast(op.expandDims(x, [-1]), dtype), powers), x.dtype);
  }),
  numpy("Meshgrid", ["*x"], { indexing: choice(["xy", "ij"], "xy") }, (cx, c, given) => {
    const { op } = cx;
    const all = given.map((x) => flat(cx, tensor(cx, x)));
    const place = (i: number): number => (c.indexing === "xy" && all.length > 1 && i < 2 ? 1 - i : i);
    const shape = all.map((_, axis) => cx.size(all[place(axis)]!, 0));
    const line = (x: Sym, i: number): Sym =>
      op.reshape(
        x,
        all.map((_, axis): Size => (axis === place(i) ? cx.size(x, 0) : 1)),
      );
    return all.map((x, i) => op.broadcastTo(line(x, i), shape));
  }),
  numpy("Corrcoef", ["x"], {}, (cx, _c, [given]) => {
    const { op } = cx;
    const whole = tensor(cx, given);
    // Keras cuts off the means of these.
    const isCut = whole.dtype === "int64";
    const x = isCut ? whole : floating(cx, whole);
    const apart = op.subtract(x, wholeMean(cx, x, [-1], true));
    const centred = isCut ? op.cast(apart, "float64") : apart;
    const samples = op.subtract(op.cast(counted(cx, cx.size(x, -1)), centred.dtype), 1);
    const covariance = op.divide(op.matmul(centred, centred, { transposeB: true }), samples);
    const deviation = op.sqrt(diagonalOf(cx, covariance, 0));
    const both = op.multiply(op.expandDims(deviation, [1]), op.expandDims(deviation, [0]));
    return op.minimum(op.maximum(op.divide(covariance, both), -1), 1);
  }),
  numpy("Correlate", ["x1", "x2"], { mode: choice(["valid", "same", "full"], "valid") }, (cx, c, [a, b]) => {
    const { op } = cx;
    const [x, kernel] = [tensor(cx, a), tensor(cx, b)];
    const common = promote(x.dtype, kernel.dtype);
    const dtype = common === "int64" ? "float64" : isFloat(common) ? common : "float32";
    const [n, m] = [lengthThere(x, 0), lengthThere(kernel, 0)];
    const around = c.mode === "valid" ? 0 : m - 1;
    const padded = op.pad(op.cast(x, dtype), [[around, around]]);
    const attrs = { layout: "last", strides: [1], dilation: [1], groups: 1, padding: "valid" } as const;
    const line = op.reshape(padded, [1, n + 2 * around, 1]);
    const y = op.reshape(op.conv(line, op.reshape(op.cast(kernel, dtype), [m, 1, 1]), null, attrs), [-1]);
    if (c.mode !== "same") return y;
    const length = Math.max(n, m);
    const start = Math.floor((n + m - 1 - length) / 2);
    return op.slice(y, [{ axis: 0, start, stop: start + length, step: 1 }]);
  }),
  numpy("Linspace", ["start", "stop"], { ...rangeOptions, retstep: bool(false) }, (cx, c, [a, b]) => {
    const { y, step } = linear(cx, operand(cx, a), operand(cx, b), c);
    return c.retstep ? [y, step] : y;
  }),
  numpy("Logspace", ["start", "stop"], { ...rangeOptions, base: float(10) }, (cx, c, [a, b]) =>
    logarithmic(cx, c.base, operand(cx, a), operand(cx, b), c),
  ),
  numpy("Geomspace", ["start", "stop"], rangeOptions, (cx, c, [a, b]) => {
    const { op } = cx;
    const to = dtypeOf(c.dtype, "float32");
    if (!isFloat(to)) fail("unsupported/dtype", { found: to, expected: "floats" });
    const [start, stop] = [a, b].map((arg) => {
      const x = tensor(cx, arg);
      return x.dtype === "bool" || x.dtype.startsWith("u") ? fail("unsupported/dtype", { found: x.dtype }) : x;
    }) as [Sym, Sym];
    const size = (x: Sym): Sym => op.divide(op.log(op.cast(op.abs(x), to)), op.log(op.full([], 10, to)));
    return op.multiply(logarithmic(cx, 10, size(start), size(stop), c), op.sign(op.cast(start, to)));
  }),
  numpy("Trapezoid", ["y"], { x: json(), dx: float(1), axis: anyInt(-1) }, (cx, c, [given]) => {
    const { op } = cx;
    const y = floating(cx, tensor(cx, given));
    const axis = axisOf(y, c.axis);
    const part = (start: number | null, stop: number | null) => op.slice(y, [{ axis, start, stop, step: 1 }]);
    const heights = op.multiply(op.add(part(1, null), part(null, -1)), 0.5);
    return op.sum(op.multiply(heights, c.dx), [axis]);
  }),
  numpy("Full", ["fill_value"], { shape: required(intList()), dtype: optional(text()) }, (cx, c, [value]) =>
    cx.op.broadcastTo(cx.op.cast(tensor(cx, value), dtypeOf(c.dtype, "float32")), c.shape),
  ),
  numpy("EmptyLike", ["x"], { dtype: optional(text()) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    return cx.op.full(sizesOf(cx, x), 0, dtypeOf(c.dtype, x.dtype));
  }),
  numpy("Size", ["x"], {}, (cx, _c, [x]) => counted(cx, productOfSizes(sizesOf(cx, tensor(cx, x))))),
  numpy("Ndim", ["x"], {}, (cx, _c, [x]) => cx.op.constant(tensor(cx, x).shape.length, "int32")),
  numpy(
    "Array",
    ["x"],
    { dtype: optional(text()) },
    (cx, c, [given]) => {
      const x = tensor(cx, given);
      return cx.op.cast(x, dtypeOf(c.dtype, x.dtype));
    },
    HANDS_ON,
  ),
];
