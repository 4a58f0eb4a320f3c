/** Many numbers to one, running sums, orders. Source: keras/src/ops/numpy.py, keras/src/ops/math.py, keras/src/ops/linalg.py. */
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import type { AnyDef, Context } from "../define.ts";
import { axes, bool, float, int, json, nullableAxes, optionalFloat, optionalInt } from "../fields.ts";
import { l2Normalized } from "../common/l2.ts";
import { moments } from "../common/normalization.ts";
import { axisOf, flat, inModule, lengthOf, tensor } from "../common/operation.ts";
import { ranks } from "../common/ranks.ts";

const numpy = inModule("numpy");
/** Along an axis of unknown length. */
const MAX_DIFFERENCES = 64;
const over = { axis: nullableAxes(), keepdims: bool(false) };

/** The axes of an option; null is all of them. */
const axesOf = (x: Sym, given: readonly number[] | null): number[] =>
  given === null ? x.shape.map((_, i) => i) : given.map((axis) => axisOf(x, axis));

const dropped = (cx: Context, x: Sym, along: readonly number[], keepdims: boolean): Sym =>
  keepdims ? x : cx.op.squeeze(x, along);

const variance = (cx: Context, x: Sym, given: readonly number[] | null, keepdims: boolean): Sym => {
  const along = axesOf(x, given);
  return dropped(cx, moments(cx, x, along).variance, along, keepdims);
};

const reduce = (name: string, fn: "sum" | "mean" | "prod" | "max" | "min" | "any" | "all"): AnyDef =>
  numpy(name, ["x"], over, (cx, c, [given]) => {
    const x = tensor(cx, given);
    return cx.op[fn](x, axesOf(x, c.axis), c.keepdims);
  });

/** `initial` is one more element. */
const extreme = (name: string, fn: "max" | "min"): AnyDef =>
  numpy(name, ["x"], { ...over, initial: optionalFloat() }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    const y = cx.op[fn](x, axesOf(x, c.axis), c.keepdims);
    if (c.initial === null) return y;
    return fn === "max" ? cx.op.maximum(y, c.initial) : cx.op.minimum(y, c.initial);
  });

const place = (name: string, fn: "argmax" | "argmin"): AnyDef =>
  numpy(name, ["x"], { axis: optionalInt(), keepdims: bool(false) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    if (c.axis !== null) return cx.op[fn](x, axisOf(x, c.axis), c.keepdims);
    const y = cx.op[fn](flat(cx, x), 0);
    return c.keepdims
      ? cx.op.reshape(
          y,
          x.shape.map(() => 1),
        )
      : y;
  });

function norm(cx: Context, x: Sym, order: unknown, along: readonly number[], keepdims: boolean): Sym {
  const { op } = cx;
  if (order === null || order === "fro" || (order === 2 && along.length === 1))
    return op.sqrt(op.sum(op.square(x), along, keepdims));
  if (along.length !== 1) return fail("unsupported/norm", { found: String(order) });
  const size = op.abs(x);
  if (order === "inf" || order === Infinity) return op.max(size, along, keepdims);
  if (order === "-inf" || order === -Infinity) return op.min(size, along, keepdims);
  if (typeof order !== "number" || order === 0) return fail("unsupported/norm", { found: String(order) });
  return op.power(op.sum(op.power(size, order), along, keepdims), 1 / order);
}

const plain = (value: unknown): unknown => (value instanceof Object && "value" in value ? value.value : value);

export const reductionOperations: readonly AnyDef[] = [
  reduce("Sum", "sum"),
  reduce("Mean", "mean"),
  reduce("Prod", "prod"),
  reduce("Any", "any"),
  reduce("All", "all"),
  reduce("Amax", "max"),
  reduce("Amin", "min"),
  extreme("Max", "max"),
  extreme("Min", "min"),
  place("Argmax", "argmax"),
  place("Argmin", "argmin"),
  numpy("Var", ["x"], over, (cx, c, [x]) => variance(cx, tensor(cx, x), c.axis, c.keepdims)),
  numpy("Std", ["x"], over, (cx, c, [x]) => cx.op.sqrt(variance(cx, tensor(cx, x), c.axis, c.keepdims))),
  numpy("Ptp", ["x"], over, (cx, c, [given]) => {
    const x = tensor(cx, given);
    const along = axesOf(x, c.axis);
    return cx.op.subtract(cx.op.max(x, along, c.keepdims), cx.op.min(x, along, c.keepdims));
  }),
  numpy("CountNonzero", ["x"], { axis: nullableAxes() }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    return cx.op.sum(cx.op.cast(cx.op.notEqual(x, 0), "int32"), axesOf(x, c.axis));
  }),
  numpy("Average", ["x", "weights"], { axis: optionalInt() }, (cx, c, [given, weights]) => {
    const x = tensor(cx, given);
    const along = axesOf(x, c.axis === null ? null : [c.axis]);
    if (weights === null || weights === undefined) return cx.op.mean(x, along);
    const w = tensor(cx, weights);
    const wide =
      w.shape.length === x.shape.length
        ? w
        : cx.op.reshape(
            w,
            x.shape.map((_, i) => (i === along[0] ? cx.size(x, i) : 1)),
          );
    const ones = cx.op.add(cx.op.multiply(x, 0), 1);
    return cx.op.divide(cx.op.sum(cx.op.multiply(x, wide), along), cx.op.sum(cx.op.multiply(ones, wide), along));
  }),
  numpy("Cumsum", ["x"], { axis: optionalInt() }, (cx, c, [given]) => {
    const x = c.axis === null ? flat(cx, tensor(cx, given)) : tensor(cx, given);
    return cx.op.cumsum(x, axisOf(x, c.axis ?? 0));
  }),
  numpy("Diff", ["a"], { n: int({ min: 0, default: 1 }), axis: int({ min: -32, default: -1 }) }, (cx, c, [given]) => {
    let x = tensor(cx, given);
    const axis = axisOf(x, c.axis);
    if (c.n > (x.shape[axis] ?? MAX_DIFFERENCES)) fail("limit/size", { path: "n", found: String(c.n) });
    for (let i = 0; i < c.n; i++) {
      const later = cx.op.slice(x, [{ axis, start: 1, stop: null, step: 1 }]);
      x = cx.op.subtract(later, cx.op.slice(x, [{ axis, start: null, stop: -1, step: 1 }]));
    }
    return x;
  }),
  numpy("Sort", ["x"], { axis: optionalInt() }, (cx, c, [given]) => {
    const x = c.axis === null ? flat(cx, tensor(cx, given)) : tensor(cx, given);
    return cx.op.sort(x, axisOf(x, c.axis ?? 0));
  }),
  numpy("Argsort", ["x"], { axis: optionalInt() }, (cx, c, [given]) => {
    const x = c.axis === null ? flat(cx, tensor(cx, given)) : tensor(cx, given);
    return ranks(cx, x, axisOf(x, c.axis ?? 0)).places(null);
  }),
  numpy("Median", ["x"], over, (cx, c, [given]) => {
    const x = tensor(cx, given);
    const along = axesOf(x, c.axis);
    if (along.length !== 1) return fail("unsupported/median", { expected: "one axis" });
    const [axis] = along as [number];
    const n = lengthOf(x, axis);
    const sorted = cx.op.sort(x, axis);
    const y = cx.op.divide(cx.op.add(cx.op.take(sorted, axis, (n - 1) >> 1), cx.op.take(sorted, axis, n >> 1)), 2);
    return c.keepdims ? cx.op.expandDims(y, [axis]) : y;
  }),
  inModule("math")("Logsumexp", ["x"], over, (cx, c, [given]) => {
    const { op } = cx;
    const x = tensor(cx, given);
    const along = axesOf(x, c.axis);
    const most = op.max(x, along, true);
    const y = op.add(op.log(op.sum(op.exp(op.subtract(x, most)), along, true)), most);
    return dropped(cx, y, along, c.keepdims);
  }),
  inModule("math")("TopK", ["x"], { k: int({ min: 1 }), sorted: bool(true) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    const axis = x.shape.length - 1;
    const values = cx.op.slice(cx.op.sort(x, axis, true), [{ axis, start: 0, stop: c.k, step: 1 }]);
    return [values, ranks(cx, x, axis, true).places(c.k)];
  }),
  inModule("linalg")("Norm", ["x"], { ord: json(), ...over }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    const whole = c.axis === null && c.ord === null;
    return norm(cx, x, plain(c.ord), whole ? x.shape.map((_, i) => i) : axesOf(x, c.axis), c.keepdims);
  }),
  inModule("nn")(
    "Normalize",
    ["x"],
    { axis: axes(-1), order: int({ min: 1, default: 2 }), epsilon: optionalFloat() },
    (cx, c, [given]) => {
      const x = tensor(cx, given);
      const along = axesOf(x, c.axis);
      const epsilon = c.epsilon ?? 1e-7;
      if (c.order === 2) return l2Normalized(cx, x, along, epsilon);
      return cx.op.divide(x, cx.op.maximum(norm(cx, x, c.order, along, true), epsilon));
    },
  ),
  inModule("nn")("Moments", ["x"], { axes: axes(-1), keepdims: bool(false) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    const along = axesOf(x, c.axes);
    const { mean, variance: spread } = moments(cx, x, along);
    return [dropped(cx, mean, along, c.keepdims), dropped(cx, spread, along, c.keepdims)];
  }),
  inModule("numpy")("Round", ["x"], { decimals: int({ min: -300, default: 0 }) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    if (c.decimals === 0) return cx.op.round(x);
    const by = 10 ** c.decimals;
    return cx.op.divide(cx.op.round(cx.op.multiply(x, by)), by);
  }),
  inModule("numpy")("Clip", ["x"], { x_min: optionalFloat(), x_max: optionalFloat() }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    const low = c.x_min === null ? x : cx.op.maximum(x, c.x_min);
    return c.x_max === null ? low : cx.op.minimum(low, c.x_max);
  }),
  inModule("numpy")("NanToNum", ["x"], { nan: float(0) }, (cx, c, [given]) => {
    const { op } = cx;
    const x = tensor(cx, given);
    const most = 3.4028234663852886e38;
    return op.minimum(op.maximum(op.where(op.isNan(x), c.nan, x), -most), most);
  }),
];
