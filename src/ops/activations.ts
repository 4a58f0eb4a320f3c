/**
 * Keras's activation functions by name, in stable forms. Follows keras/src/activations/activations.py and
 * keras/src/backend/tensorflow/nn.py (3.15.1); `hard_sigmoid_keras2` is what `hard_sigmoid` meant before Keras 3.
 */
import { isHalf, isInteger } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import type { ActivationSpec } from "./attributes.ts";
import { sizeFrom } from "./shapes.ts";
import type { OpContext } from "./builder.ts";
import type { Sym } from "./types.ts";

type Activation = (cx: OpContext, x: Sym, spec: ActivationSpec) => Sym;

/** An option of a function; absent and null mean the default. */
function option(spec: ActivationSpec, name: string, otherwise: number): number {
  const value = spec[name] ?? otherwise;
  return typeof value === "number"
    ? value
    : fail("internal/graph", { path: `${spec.fn}.${name}`, expected: "a number", found: JSON.stringify(value) });
}

function axisOf(spec: ActivationSpec, x: Sym): number {
  const axis = option(spec, "axis", -1);
  return axis < 0 ? axis + x.shape.length : axis;
}

/** With a slope of 1 at both ends too: of equals the first operand has the gradient. */
const clip = ({ op }: OpContext, x: Sym, low: number, high: number): Sym => op.minimum(op.maximum(x, low), high);
/** With a slope of 0 at both ends. */
const relu6 = ({ op }: OpContext, x: Sym): Sym => op.minimum(6, op.maximum(0, x));

const relu: Activation = (cx, x, spec) => {
  const { op } = cx;
  // Beside integers TensorFlow cuts them to whole numbers.
  const bound = (name: string, otherwise: number): number =>
    isInteger(x.dtype) ? Math.trunc(option(spec, name, otherwise)) : option(spec, name, otherwise);
  const slope = bound("negative_slope", 0);
  const threshold = bound("threshold", 0);
  const most = bound("max_value", Infinity);
  // TensorFlow's LeakyRelu holds its slope in float32, whatever it is applied to; so does its gelu with its constants.
  if (slope !== 0 && most === Infinity && threshold === 0)
    return op.where(op.greater(x, 0), x, op.multiply(x, Math.fround(slope)));
  let y = threshold === 0 ? op.maximum(0, x) : op.where(op.greater(x, threshold), x, 0);
  if (most !== Infinity) y = most === 6 && threshold === 0 ? relu6(cx, x) : clip(cx, y, 0, most);
  if (slope === 0) return y;
  const below = op.maximum(0, threshold === 0 ? op.negative(x) : op.subtract(threshold, x));
  return op.subtract(y, op.multiply(below, slope));
};

/** Its slope at 0 is 0.5: that of -|x| there counts as 1. Beyond `far` of 0 TensorFlow takes eˣ or x, which only half precision tells apart (tensorflow/core/kernels/softplus_op.h). */
const softplus: Activation = ({ op }, x) => {
  const y = op.add(op.maximum(0, x), op.log1p(op.exp(op.minimum(x, op.negative(x)))));
  if (!isHalf(x.dtype)) return y;
  const far = Math.log(x.dtype === "float16" ? 2 ** 10 : 2 ** 7) - 2;
  return op.where(op.greater(x, far), x, op.where(op.less(x, -far), op.exp(op.minimum(x, 0)), y));
};

/** Of numbers below 0; the gradient of others is 0 times that of a number, not of infinity. */
const below = ({ op }: OpContext, x: Sym): Sym => op.expm1(op.minimum(x, 0));

const elu: Activation = (cx, x, spec) =>
  cx.op.where(cx.op.greater(x, 0), x, cx.op.multiply(below(cx, x), option(spec, "alpha", 1)));

const SELU_SCALE = 1.0507009873554804934;
const SELU_ALPHA = 1.6732632423543772848;

const selu: Activation = (cx, x) => {
  const { op } = cx;
  return op.where(op.less(x, 0), op.multiply(below(cx, x), SELU_SCALE * SELU_ALPHA), op.multiply(x, SELU_SCALE));
};

const celu: Activation = ({ op }, x, spec) => {
  const alpha = option(spec, "alpha", 1);
  return op.add(op.maximum(x, 0), op.multiply(op.expm1(op.divide(op.minimum(x, 0), alpha)), alpha));
};

const gelu: Activation = ({ op }, x, spec) => {
  const half = op.multiply(x, 0.5);
  if (spec["approximate"] !== true) return op.multiply(half, op.erfc(op.multiply(x, -Math.fround(Math.SQRT1_2))));
  const cubed = op.multiply(op.power(x, 3), Math.fround(0.044715));
  return op.multiply(half, op.add(op.tanh(op.multiply(op.add(x, cubed), Math.sqrt(2 / Math.PI))), 1));
};

const glu: Activation = (cx, x, spec) => {
  const { op } = cx;
  const axis = axisOf(spec, x);
  const middle = sizeFrom("div", cx.size(x, axis), 2);
  const a = op.slice(x, [{ axis, start: 0, stop: middle, step: 1 }]);
  const b = op.slice(x, [{ axis, start: middle, stop: null, step: 1 }]);
  return op.multiply(a, op.sigmoid(b));
};

const hardSigmoid: Activation = (cx, x) => cx.op.divide(relu6(cx, cx.op.add(x, 3)), 6);

const softShrink: Activation = ({ op }, x, spec) => {
  const threshold = option(spec, "threshold", 0.5);
  const low = op.where(op.less(x, -threshold), op.add(x, threshold), 0);
  return op.where(op.greater(x, threshold), op.subtract(x, threshold), low);
};

const squareplus: Activation = ({ op }, x, spec) =>
  op.divide(op.add(x, op.sqrt(op.add(op.square(x), option(spec, "b", 4)))), 2);

const logSoftmax: Activation = ({ op }, x, spec) => {
  const axes = [axisOf(spec, x)];
  const shifted = op.subtract(x, op.max(x, axes, true, true));
  return op.subtract(shifted, op.log(op.sum(op.exp(shifted), axes, true)));
};

/** As Keras computes it: τ comes from the sum of the running sums, where Martins and Astudillo (2016) take the last one. */
const sparsemax: Activation = (cx, x, spec) => {
  const { op } = cx;
  const axis = axisOf(spec, x);
  const sorted = op.sort(x, axis, true);
  const total = op.cumsum(sorted, axis);
  const count = op.add(op.iota(cx.size(x, axis), x.dtype), 1);
  const trailing = x.shape.slice(axis + 1).map((_, i) => i + 1);
  const rank = trailing.length === 0 ? count : op.expandDims(count, trailing);
  const support = op.greater(op.subtract(sorted, op.divide(op.subtract(total, 1), rank)), 0);
  const members = op.sum(op.cast(support, x.dtype), [axis], true);
  const tau = op.divide(op.subtract(op.sum(op.where(support, total, 0), [axis], true), 1), members);
  return op.maximum(op.subtract(x, tau), 0);
};

/** One kernel of TensorFlow's (`_MklSwish`), which rounds halves once. */
const silu: Activation = ({ op }, x) => {
  if (!isHalf(x.dtype)) return op.multiply(x, op.sigmoid(x));
  const wide = op.cast(x, "float32");
  return op.cast(op.multiply(wide, op.sigmoid(wide)), x.dtype);
};
const hardSilu: Activation = (cx, x, spec) => cx.op.multiply(x, hardSigmoid(cx, x, spec));

/** Every function, under each of the names that files use. */
export const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map<string, Activation>([
  ["linear", (_, x) => x],
  ["relu", relu],
  ["relu6", relu6],
  ["leaky_relu", (cx, x, spec) => relu(cx, x, { fn: spec.fn, negative_slope: option(spec, "negative_slope", 0.2) })],
  ["elu", elu],
  ["selu", selu],
  ["celu", celu],
  ["gelu", gelu],
  ["glu", glu],
  ["silu", silu],
  ["swish", silu],
  ["hard_silu", hardSilu],
  ["hard_swish", hardSilu],
  ["mish", (cx, x, spec) => cx.op.multiply(x, cx.op.tanh(softplus(cx, x, spec)))],
  ["sigmoid", ({ op }, x) => op.sigmoid(x)],
  ["hard_sigmoid", hardSigmoid],
  ["hard_sigmoid_keras2", (cx, x) => clip(cx, cx.op.add(cx.op.multiply(x, 0.2), 0.5), 0, 1)],
  ["sparse_sigmoid", ({ op }, x) => op.minimum(1, op.maximum(0, op.multiply(op.add(x, 1), 0.5)))],
  ["log_sigmoid", (cx, x, spec) => cx.op.negative(softplus(cx, cx.op.negative(x), spec))],
  ["tanh", ({ op }, x) => op.tanh(x)],
  ["hard_tanh", (cx, x) => clip(cx, x, -1, 1)],
  ["tanh_shrink", ({ op }, x) => op.subtract(x, op.tanh(x))],
  ["soft_shrink", softShrink],
  ["hard_shrink", ({ op }, x, spec) => op.where(op.greater(op.abs(x), option(spec, "threshold", 0.5)), x, 0)],
  [
    "threshold",
    ({ op }, x, spec) => op.where(op.greater(x, option(spec, "threshold", 0)), x, option(spec, "default_value", 0)),
  ],
  ["softplus", softplus],
  ["softsign", ({ op }, x) => op.divide(x, op.add(op.abs(x), 1))],
  ["squareplus", squareplus],
  [
    "sparse_plus",
    ({ op }, x) =>
      op.where(op.lessEqual(x, -1), 0, op.where(op.less(x, 1), op.multiply(op.square(op.add(x, 1)), 0.25), x)),
  ],
  ["exponential", ({ op }, x) => op.exp(x)],
  ["softmax", ({ op }, x, spec) => op.softmax(x, [axisOf(spec, x)])],
  ["log_softmax", logSoftmax],
  ["sparsemax", sparsemax],
]);
