/** Many numbers to one, running sums, orders. Source: keras/src/ops/numpy.py, keras/src/ops/math.py, keras/src/ops/linalg.py. */
import { isFloat, isHalf } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { promote } from "../../ops/promote.ts";
import type { Sym } from "../../ops/types.ts";
import type { AnyDef, Context } from "../define.ts";
import { anyFloat, axes, bool, float, int, json, nullable, optional, required, text } from "../fields.ts";
import { l2Normalized } from "../common/l2.ts";
import { moments } from "../common/normalization.ts";
import { logSumExp } from "../common/softmax.ts";
import {
  HANDS_ON,
  axisOf,
  flat,
  floating,
  inModule,
  POINTWISE,
  needFloat,
  needOneOf,
  tensor,
} from "./shared/operation.ts";
import { largestOf } from "./shared/along.ts";
import { nanToNum } from "./shared/nan-to-num.ts";
import { axesOf, dropped, reduced, type Reduction } from "./shared/reduced.ts";
import { norm } from "./shared/norm.ts";

const numpy = inModule("numpy");
/** Along an axis of unknown length. */
const MAX_DIFFERENCES = 64;
/** Null is all elements in one axis, not the default. */
const lastAxis = nullable(int({ default: -1 }));
const over = { axis: optional(axes()), keepdims: bool(false) };

const variance = (cx: Context, x: Sym, given: readonly number[] | null, keepdims: boolean): Sym => {
  const along = axesOf(x, given);
  // Of half precision it is computed in float32.
  const half = isHalf(x.dtype);
  const y = moments(cx, half ? cx.op.cast(x, "float32") : x, along).variance;
  return dropped(cx, half ? cx.op.cast(y, x.dtype) : y, along, keepdims);
};

const reduce = (name: string, fn: Reduction): AnyDef =>
  numpy(name, ["x"], over, (cx, c, [x]) => reduced(cx, fn, tensor(cx, x), c.axis, c.keepdims));

/** `initial` is one more element. */
const extreme = (name: string, fn: "max" | "min"): AnyDef =>
  numpy(name, ["x"], { ...over, initial: optional(anyFloat()) }, (cx, c, [given]) => {
    const y = reduced(cx, fn, tensor(cx, given), c.axis, c.keepdims, c.initial !== null);
    if (c.initial === null) return y;
    if (y.dtype === "bool") fail("unsupported/dtype", { found: "bool", message: "with an initial value" });
    return fn === "max" ? cx.op.maximum(y, c.initial) : cx.op.minimum(y, c.initial);
  });

/** What can be sorted: bools as numbers; all elements in one axis where none is given. */
function sortable(cx: Context, x: Sym, axis: number | null): Sym {
  const numbers = x.dtype === "bool" ? cx.op.cast(x, "int32") : x;
  return axis === null ? flat(cx, numbers) : numbers;
}

const TINY = 2 ** -126;

/** Keras takes -0 for less than 0: for minus the least normal number. */
function zerosApart({ op }: Context, x: Sym): Sym {
  if (!isFloat(x.dtype)) return x;
  const wide = isHalf(x.dtype) ? op.cast(x, "float32") : x;
  return op.where(op.equal(wide, 0), op.where(op.less(op.reciprocal(wide), 0), -TINY, wide), wide);
}

const place = (name: string, fn: "argmax" | "argmin"): AnyDef =>
  numpy(name, ["x"], { axis: optional(int()), keepdims: bool(false) }, (cx, c, [given]) => {
    const x = zerosApart(cx, tensor(cx, given));
    if (c.axis !== null) return cx.op[fn](x, axisOf(x, c.axis), c.keepdims);
    const y = cx.op[fn](flat(cx, x), 0);
    return c.keepdims
      ? cx.op.reshape(
          y,
          x.shape.map(() => 1),
        )
      : y;
  });

/** Truths are the numbers 1 and 0. */
const plain = (value: unknown): unknown =>
  value instanceof Object && "value" in value ? value.value : typeof value === "boolean" ? Number(value) : value;

export const reductionOperations: readonly AnyDef[] = [
  reduce("Sum", "sum"),
  reduce("Mean", "mean"),
  // With a dtype, whichever it is, Keras computes in x's own.
  numpy("Prod", ["x"], { ...over, dtype: optional(text()) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    const y = reduced(cx, "prod", x, c.axis, c.keepdims);
    return c.dtype === null ? y : cx.op.cast(y, x.dtype);
  }),
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
    return cx.op.subtract(cx.op.max(x, along, c.keepdims, true), cx.op.min(x, along, c.keepdims, true));
  }),
  numpy("CountNonzero", ["x"], { axis: optional(axes()) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    return cx.op.sum(cx.op.cast(cx.op.notEqual(x, 0), "int32"), axesOf(x, c.axis));
  }),
  numpy("Average", ["x", "weights"], { axis: optional(axes()) }, (cx, c, [given, weights]) => {
    const whole = tensor(cx, given);
    const along = axesOf(whole, c.axis);
    if (weights === null || weights === undefined) return cx.op.mean(whole, along);
    const common = promote(whole.dtype, tensor(cx, weights).dtype);
    const dtype = isFloat(common) ? common : "float32";
    const [x, w] = [whole, tensor(cx, weights)].map((s) => cx.op.cast(s, dtype)) as [Sym, Sym];
    const wide =
      w.shape.length === x.shape.length
        ? w
        : cx.op.reshape(
            w,
            x.shape.map((_, i) => (i === along[0] ? cx.size(x, i) : 1)),
          );
    return cx.op.divide(cx.op.sum(cx.op.multiply(x, wide), along), cx.op.sum(wide, along));
  }),
  numpy("Diff", ["a"], { n: int({ min: 0, default: 1 }), axis: int({ min: -32, default: -1 }) }, (cx, c, [given]) => {
    let x = tensor(cx, given);
    const axis = axisOf(x, c.axis);
    const length = x.shape[axis] ?? null;
    // Of fewer elements than differences nothing is left.
    if (length !== null && c.n >= length) return cx.op.slice(x, [{ axis, start: 0, stop: 0, step: 1 }]);
    if (c.n > (length === null ? MAX_DIFFERENCES : 1000)) fail("limit/size", { path: "n", found: String(c.n) });
    for (let i = 0; i < c.n; i++) {
      const later = cx.op.slice(x, [{ axis, start: 1, stop: null, step: 1 }]);
      x = cx.op.subtract(later, cx.op.slice(x, [{ axis, start: null, stop: -1, step: 1 }]));
    }
    return x;
  }),
  numpy("Sort", ["x"], { axis: lastAxis }, (cx, c, [given]) => {
    const x = sortable(cx, tensor(cx, given), c.axis);
    return cx.op.cast(cx.op.sort(x, axisOf(x, c.axis ?? 0)), tensor(cx, given).dtype);
  }),
  numpy("Argsort", ["x"], { axis: lastAxis }, (cx, c, [given]) => {
    const x = sortable(cx, tensor(cx, given), c.axis);
    return cx.op.argsort(x, axisOf(x, c.axis ?? 0));
  }),
  inModule("math")("Logsumexp", ["x"], over, (cx, c, [given]) => {
    const x = needFloat(tensor(cx, given));
    const along = axesOf(x, c.axis);
    return dropped(cx, logSumExp(cx, x, along, true), along, c.keepdims);
  }),
  inModule("math")("TopK", ["x"], { k: int({ min: 1 }), sorted: bool(true) }, (cx, c, [given]) => {
    if (!c.sorted && c.k > 1)
      fail("unsupported/argument", { found: "sorted=False", expected: "an order that is defined" });
    return largestOf(cx, tensor(cx, given), c.k);
  }),
  inModule("linalg")("Norm", ["x"], { ord: json(), ...over }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    const whole = c.axis === null && c.ord === null;
    if (whole && x.shape.length > 2)
      fail("unsupported/norm", { message: "of all axes", expected: "1 or 2 axes", found: String(x.shape.length) });
    return norm(cx, x, plain(c.ord), whole ? x.shape.map((_, i) => i) : axesOf(x, c.axis), c.keepdims);
  }),
  inModule("nn")(
    "Normalize",
    ["x"],
    { axis: nullable(axes(-1)), order: int({ min: 1, default: 2 }), epsilon: optional(anyFloat()) },
    (cx, c, [given]) => {
      const whole = tensor(cx, given);
      const x = c.order === 2 ? needFloat(whole) : floating(cx, whole);
      const along = axesOf(x, c.axis);
      const epsilon = c.epsilon ?? 1e-7;
      if (c.order === 2) return l2Normalized(cx, x, along, epsilon);
      return cx.op.divide(x, cx.op.maximum(norm(cx, x, c.order, along, true), epsilon));
    },
  ),
  inModule("nn")(
    "Moments",
    ["x"],
    { axes: required(optional(axes())), keepdims: bool(false), synchronized: bool(false) },
    (cx, c, [given]) => {
      const x = tensor(cx, given);
      const along = axesOf(x, c.axes);
      if (!isFloat(x.dtype)) {
        // TensorFlow's means of whole numbers are whole.
        needOneOf(x, ["int32", "int64"]);
        const mean = (y: Sym): Sym => cx.op.cast(cx.op.mean(cx.op.cast(y, "float64"), along, true), x.dtype);
        const middle = mean(x);
        return [middle, mean(cx.op.square(cx.op.subtract(x, middle)))].map((y) => dropped(cx, y, along, c.keepdims));
      }
      const half = isHalf(x.dtype);
      const wide = half ? cx.op.cast(x, "float32") : x;
      const apart = moments(cx, wide, along);
      const { mean } = apart;
      // Gathered from several machines, the mean of the squares without the square of the mean.
      const together = (): Sym => cx.op.subtract(cx.op.mean(cx.op.square(wide), along, true), cx.op.square(mean));
      const spread = c.synchronized ? cx.op.maximum(together(), 0) : apart.variance;
      return [mean, spread].map((y) => {
        const kept = dropped(cx, y, along, c.keepdims);
        return half ? cx.op.cast(cx.op.maximum(cx.op.minimum(kept, 65504), -65504), x.dtype) : kept;
      });
    },
  ),
  inModule("numpy")(
    "Round",
    ["x"],
    { decimals: int({ min: -300, default: 0 }) },
    (cx, c, [given]) => {
      const x = tensor(cx, given);
      if (c.decimals === 0) return cx.op.round(x);
      const by = 10 ** c.decimals;
      const y = cx.op.divide(cx.op.round(cx.op.multiply(floating(cx, x), by)), by);
      return isFloat(x.dtype) ? y : cx.op.cast(y, x.dtype === "bool" ? "int32" : x.dtype);
    },
    HANDS_ON,
  ),
  inModule("numpy")(
    "Clip",
    ["x"],
    { x_min: required(optional(anyFloat())), x_max: required(optional(anyFloat())) },
    (cx, c, [given]) => {
      const x = tensor(cx, given);
      if (!isFloat(x.dtype) && [c.x_min, c.x_max].some((v) => v !== null && !Number.isInteger(v)))
        fail("unsupported/dtype", { found: x.dtype, message: "beside a fraction" });
      const low = c.x_max === null ? x : cx.op.minimum(x, c.x_max);
      return c.x_min === null ? low : cx.op.maximum(low, c.x_min);
    },
    POINTWISE,
  ),
  inModule("numpy")(
    "NanToNum",
    ["x"],
    { nan: float(0), posinf: optional(anyFloat()), neginf: optional(anyFloat()) },
    (cx, c, [x]) => nanToNum(cx, tensor(cx, x), c),
    HANDS_ON,
  ),
];
