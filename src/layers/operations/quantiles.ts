/** Quantiles, and reductions that pass over NaN. Source: keras/src/backend/tensorflow/numpy.py. */
import { listOf } from "../../core/list.ts";
import { isFloat } from "../../core/dtype.ts";
import type { Sym } from "../../ops/types.ts";
import type { AnyDef, Arg, Context } from "../define.ts";
import { axes, bool, choice, int, optional, text } from "../fields.ts";
import { alongLast, atEnd } from "./shared/along.ts";
import { cumulated } from "./shared/cumulated.ts";
import { nanToNum } from "./shared/nan-to-num.ts";
import { dtypeOf, flat, floating, inModule, needFloat, sizesOf, tensor } from "./shared/operation.ts";
import { axesOf, dropped, reduced } from "./shared/reduced.ts";
import { counted, productOfSizes } from "./shared/sizes.ts";

const numpy = inModule("numpy");
const over = { axis: optional(axes()), keepdims: bool(false) };
const METHODS = ["linear", "lower", "higher", "midpoint", "nearest"] as const;

interface Quantile {
  readonly axis: readonly number[] | null;
  readonly method: string;
  readonly keepdims: boolean;
}

/** The q-th of the sorted numbers along axes: axes of q first. A NaN among them makes all NaN, or is passed over. */
function quantile(cx: Context, x: Sym, q: Sym, o: Quantile, ignoresNan: boolean): Sym {
  const { op } = cx;
  const along = axesOf(x, o.axis);
  const kept = x.shape.map((_, i) => i).filter((i) => !along.includes(i));
  const sizes = kept.map((axis) => cx.size(x, axis));
  const y = op.reshape(atEnd(cx, x, along), [...sizes, productOfSizes(along.map((axis) => cx.size(x, axis)))]);
  const last = kept.length;
  // What sorts NaN, and where to, is every engine's own; beyond `count` nothing is read.
  const length = y.shape[last] ?? 0;
  const ordered = op.sort(without(cx, y, Infinity), last);
  // Where there may be nothing there is something to look up.
  const sorted = ignoresNan && length === 0 ? op.pad(ordered, y.shape.map((_, i) => [0, i === last ? 1 : 0]), Infinity) : ordered; // prettier-ignore
  const isNan = op.isNan(y);
  const count = ignoresNan
    ? op.sum(op.cast(op.logicalNot(isNan), "float64"), [last], true)
    : op.reshape(
        counted(cx, cx.size(y, last), "float64"),
        listOf(last + 1, () => 1),
      );
  const top = op.subtract(count, 1);
  const exact = op.multiply(top, op.reshape(op.cast(q, "float64"), [...kept.map(() => 1), -1]));
  // Of nothing there is no place: 0, to be NaN.
  const within = (place: Sym): Sym => op.maximum(op.minimum(place, top), 0);
  const wide = [...sizes, productOfSizes(sizesOf(cx, q))];
  const at = (place: Sym): Sym => alongLast(cx, sorted, op.broadcastTo(op.cast(place, "int32"), wide));
  const [low, high] = [within(op.floor(exact)), within(op.ceil(exact))];
  const found = (): Sym => {
    if (o.method === "lower") return at(low);
    if (o.method === "higher") return at(high);
    if (o.method === "nearest") return at(within(op.round(exact)));
    if (o.method === "midpoint") return op.multiply(op.add(at(low), at(high)), 0.5);
    const before = op.maximum(op.subtract(high, 1), 0);
    const after = within(op.add(before, 1));
    const part = op.cast(op.subtract(after, exact), x.dtype);
    return op.add(op.multiply(at(after), op.subtract(1, part)), op.multiply(at(before), part));
  };
  const nothing = ignoresNan ? op.equal(count, 0) : op.any(isNan, [last], true);
  const values = op.where(nothing, op.constant(NaN, x.dtype), found());
  const first = op.transpose(values, [last, ...kept.keys()]);
  const lengths = o.keepdims
    ? x.shape.map((_, axis) => (along.includes(axis) ? 1 : cx.size(x, axis)))
    : kept.map((axis) => cx.size(x, axis));
  return op.reshape(first, [...sizesOf(cx, q), ...lengths]);
}

/** q as float32, of percents the hundredth part. */
function parts(cx: Context, arg: Arg | undefined, percents: boolean): Sym {
  const q = floating(cx, typeof arg === "number" ? cx.op.constant(Math.fround(arg), "float32") : tensor(cx, arg));
  return percents ? cx.op.divide(q, 100) : q;
}

const quantiles = (name: string, percents: boolean, ignoresNan: boolean): AnyDef =>
  numpy(
    name,
    ["x", "q"],
    { axis: optional(axes()), method: choice(METHODS, "linear"), keepdims: bool(false) },
    (cx, c, [given, q]) => {
      const whole = tensor(cx, given);
      const x = ignoresNan ? needFloat(whole) : floating(cx, whole);
      // Quantile's node forgets its method.
      const options = { axis: c.axis, keepdims: c.keepdims, method: c.method };
      if (name === "Quantile") options.method = "linear";
      return quantile(cx, x, parts(cx, q, percents), options, ignoresNan);
    },
  );

const median = (name: string, ignoresNan: boolean): AnyDef =>
  numpy(name, ["x"], over, (cx, c, [given]) => {
    const whole = tensor(cx, given);
    const { axis, keepdims } = c;
    // Over no axis Keras hands x on as it is.
    if (ignoresNan && axis?.length === 0) return whole;
    const x = ignoresNan ? needFloat(whole) : floating(cx, whole);
    return quantile(cx, x, cx.op.constant(0.5, "float32"), { axis, keepdims, method: "linear" }, ignoresNan);
  });

/** x with `value` for NaN. */
const without = (cx: Context, x: Sym, value: number): Sym =>
  isFloat(x.dtype) ? cx.op.where(cx.op.isNan(x), cx.op.constant(value, x.dtype), x) : x;

const nanReduce = (name: string, fn: "sum" | "prod", start: number): AnyDef =>
  numpy(name, ["x"], over, (cx, c, [x]) => reduced(cx, fn, without(cx, tensor(cx, x), start), c.axis, c.keepdims));

/** NaN of nothing but NaN. */
const nanExtreme = (name: string, fn: "max" | "min", start: number): AnyDef =>
  numpy(name, ["x"], over, (cx, c, [given]) => {
    const x = tensor(cx, given);
    const y = reduced(cx, fn, without(cx, x, start), c.axis, c.keepdims, true);
    if (!isFloat(x.dtype)) return y;
    return cx.op.where(cx.op.all(cx.op.isNan(x), axesOf(x, c.axis), c.keepdims), cx.op.constant(NaN, x.dtype), y);
  });

/** -1 of nothing but NaN. */
const nanPlace = (name: string, fn: "argmax" | "argmin", start: number): AnyDef =>
  numpy(name, ["x"], { axis: optional(int()), keepdims: bool(false) }, (cx, c, [given]) => {
    const { op } = cx;
    const x = tensor(cx, given);
    const [axis] = c.axis === null ? [0] : axesOf(x, [c.axis]);
    const line = c.axis === null ? flat(cx, x) : x;
    const y = op[fn](without(cx, line, start), axis!, c.keepdims);
    const shaped = c.axis === null && c.keepdims ? op.reshape(y, x.shape.map(() => 1)) : y; // prettier-ignore
    if (!isFloat(x.dtype)) return shaped;
    const none = op.all(op.isNan(x), c.axis === null ? null : [axis!], c.keepdims);
    return op.where(none, op.constant(-1, "int32"), shaped);
  });

function nanMean(cx: Context, x: Sym, axis: readonly number[] | null, keepdims: boolean): Sym {
  const { op } = cx;
  if (axis?.length === 0) return x;
  const along = axesOf(x, axis);
  if (!isFloat(x.dtype)) return op.mean(x, along, keepdims);
  const count = op.sum(op.cast(op.logicalNot(op.isNan(x)), x.dtype), along, keepdims);
  return op.divide(op.sum(without(cx, x, 0), along, keepdims), count);
}

function nanVariance(cx: Context, given: Sym, axis: readonly number[] | null, keepdims: boolean): Sym {
  const { op } = cx;
  const x = floating(cx, given);
  const along = axesOf(x, axis);
  const apart = op.subtract(x, nanMean(cx, x, along, true));
  const squares = op.square(op.where(op.isNan(x), op.constant(0, x.dtype), apart));
  const count = op.sum(op.cast(op.logicalNot(op.isNan(x)), x.dtype), along, true);
  return dropped(cx, op.divide(op.sum(squares, along, true), count), along, keepdims);
}

const cumulative = (name: string, fn: "sum" | "product", nan: number | null): AnyDef =>
  numpy(name, ["x"], { axis: optional(int()), dtype: optional(text()) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    const whole = nan === null ? x : nanToNum(cx, x, { nan, posinf: null, neginf: null });
    return cumulated(cx, fn, cx.op.cast(whole, dtypeOf(c.dtype, x.dtype)), c.axis);
  });

export const quantileOperations: readonly AnyDef[] = [
  quantiles("Quantile", false, false),
  quantiles("Percentile", true, false),
  quantiles("Nanquantile", false, true),
  quantiles("Nanpercentile", true, true),
  median("Median", false),
  median("Nanmedian", true),
  nanReduce("Nansum", "sum", 0),
  nanReduce("Nanprod", "prod", 1),
  nanExtreme("Nanmax", "max", -Infinity),
  nanExtreme("Nanmin", "min", Infinity),
  nanPlace("Nanargmax", "argmax", -Infinity),
  nanPlace("Nanargmin", "argmin", Infinity),
  numpy("Nanmean", ["x"], over, (cx, c, [x]) => nanMean(cx, tensor(cx, x), c.axis, c.keepdims)),
  numpy("Nanvar", ["x"], over, (cx, c, [x]) => nanVariance(cx, tensor(cx, x), c.axis, c.keepdims)),
  numpy("Nanstd", ["x"], over, (cx, c, [x]) => cx.op.sqrt(nanVariance(cx, tensor(cx, x), c.axis, c.keepdims))),
  cumulative("Cumsum", "sum", null),
  cumulative("Cumprod", "product", null),
  cumulative("Nancumsum", "sum", 0),
  cumulative("Nancumprod", "product", 1),
];
