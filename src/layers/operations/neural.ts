/** Larger building blocks as operations: attention, normalisation, pooling. Source: keras/src/ops/nn.py. */
import { listOf } from "../../core/list.ts";
import { isInteger } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import { promote } from "../../ops/promote.ts";
import type { Sym } from "../../ops/types.ts";
import type { AnyDef, Context } from "../define.ts";
import { anyFloat, axes, bool, choice, dataFormat, float, intList, json, optional } from "../fields.ts";
import { alongAxes, inFloats, moments, normalized, positive } from "../common/normalization.ts";
import { type Args, inModule, lengthThere, needFloat, tensor } from "./shared/operation.ts";
import { layoutOf } from "../common/spatial.ts";

const nn = inModule("nn");
const EPSILON = 1e-7;
/** What masked logits become in float32. */
const MASKED = -0.7 * 3.38953e38;

const maybe = (cx: Context, arg: Args[number] | undefined): Sym | undefined =>
  arg === null || arg === undefined ? undefined : tensor(cx, arg);

/** What f makes of floats in float32 or float64, in x's dtype: of integers the fractions are cut off. */
const atLeastSingle = (cx: Context, x: Sym, f: (x: Sym) => Sym): Sym =>
  cx.op.cast(f(cx.op.cast(x, promote(x.dtype, "float32"))), x.dtype);

/** softmax(scale · query·keyᵀ + bias) · value, each [B, T, heads, H]; fewer heads of key and value are shared. */
function attention(cx: Context, [q, k, v, biasArg, maskArg, scaleArg]: Args, causal: boolean): Sym {
  const { op } = cx;
  const [query, key, value] = [q, k, v].map((x) => needFloat(tensor(cx, x))) as [Sym, Sym, Sym];
  if ([query, key, value].some((x) => x.shape.length !== 4)) fail("mismatch/rank", { expected: "4 axes" });
  const [heads, shared] = [lengthThere(query, 2), lengthThere(key, 2)];
  const spread = (x: Sym): Sym => (heads > shared && shared > 1 ? op.repeat(x, 2, heads / shared) : x);
  const byHead = (x: Sym): Sym => op.transpose(x, [0, 2, 1, 3]);
  const scale = typeof scaleArg === "number" ? scaleArg : 1 / Math.sqrt(lengthThere(key, 3));
  const raw = op.multiply(op.matmul(byHead(query), byHead(spread(key)), { transposeB: true }), scale);
  const bias = maybe(cx, biasArg);
  const logits = bias === undefined ? raw : op.add(raw, bias);
  const order = op.lessEqual(
    op.expandDims(op.iota(cx.size(logits, 3), "int32"), [0]),
    op.expandDims(op.iota(cx.size(logits, 2), "int32"), [1]),
  );
  const masks = [maybe(cx, maskArg), causal ? order : undefined].filter((m) => m !== undefined);
  const scores = masks.reduce((x, mask) => op.where(mask, x, MASKED), logits);
  return byHead(op.matmul(op.softmax(scores, [-1]), byHead(spread(value))));
}

const pool = (name: string, fn: "max" | "average"): AnyDef =>
  nn(
    name,
    ["inputs"],
    {
      pool_size: intList(),
      strides: optional(intList()),
      padding: choice(["valid", "same"], "valid"),
      data_format: dataFormat(),
    },
    (cx, c, [given]) => {
      const x = tensor(cx, given);
      if (x.shape.length < 3)
        fail("mismatch/rank", { expected: "at least 3 axes: batch, places, channels", found: showShape(x.shape) });
      const each = (list: readonly number[]): number[] =>
        list.length === 1 ? listOf(x.shape.length - 2, () => list[0]!) : [...list];
      const size = each(c.pool_size);
      const strides = c.strides === null ? size : each(c.strides);
      return cx.op.pool(x, { fn, layout: layoutOf(c.data_format), size, strides, padding: c.padding });
    },
  );

export const neuralOperations: readonly AnyDef[] = [
  nn(
    "DotProductAttention",
    ["query", "key", "value", "bias", "mask", "scale"],
    { is_causal: bool(false), flash_attention: json(), attn_logits_soft_cap: optional(anyFloat()) },
    (cx, c, a) => attention(cx, a, c.is_causal),
  ),
  nn(
    "LayerNorm",
    ["x", "gamma", "beta"],
    { axis: axes(-1), epsilon: optional(anyFloat()), rms_scaling: bool(false) },
    (cx, c, [given, gamma, beta]) => {
      const whole = tensor(cx, given);
      const over = positive(c.axis, whole.shape.length);
      const wide = (p: Sym | undefined): Sym | undefined => p && alongAxes(cx, p, whole, over);
      const affine = { gamma: wide(maybe(cx, gamma)), beta: wide(maybe(cx, beta)) };
      return atLeastSingle(cx, whole, (x) => {
        const statistics = moments(cx, x, over);
        if (!c.rms_scaling) return normalized(cx, x, statistics, affine, c.epsilon ?? EPSILON);
        const y = cx.op.multiply(x, cx.op.rsqrt(cx.op.add(statistics.variance, c.epsilon ?? EPSILON)));
        return affine.gamma === undefined ? y : cx.op.multiply(y, affine.gamma);
      });
    },
  ),
  nn("RMSNorm", ["x", "scale"], { axis: axes(-1), epsilon: optional(anyFloat()) }, (cx, c, [given, scale]) => {
    const whole = tensor(cx, given);
    const over = positive(c.axis, whole.shape.length);
    const attrs = { axes: over, epsilon: c.epsilon ?? EPSILON, rms: true };
    return inFloats(cx, whole, (x) => cx.op.layerNorm(x, maybe(cx, scale), undefined, attrs));
  }),
  nn(
    "BatchNorm",
    ["x", "mean", "variance", "offset", "scale"],
    { axis: axes(), epsilon: float(0.001) },
    (cx, c, [given, mean, variance, offset, scale]) => {
      const x = tensor(cx, given);
      const along = positive(c.axis, x.shape.length);
      const wide = (p: Sym | undefined): Sym | undefined => p && alongAxes(cx, p, x, along);
      const statistics = { mean: wide(tensor(cx, mean))!, variance: wide(tensor(cx, variance))! };
      const affine = { gamma: wide(maybe(cx, scale)), beta: wide(maybe(cx, offset)) };
      if (isInteger(x.dtype)) {
        // tf.nn.batch_normalization: factor and summand lose their fractions before they meet whole numbers.
        const { op } = cx;
        const root = op.rsqrt(op.add(statistics.variance, c.epsilon));
        const factor = affine.gamma === undefined ? root : op.multiply(root, affine.gamma);
        const taken = op.multiply(statistics.mean, factor);
        const rest = affine.beta === undefined ? op.negative(taken) : op.subtract(affine.beta, taken);
        return op.add(op.multiply(x, op.cast(factor, x.dtype)), op.cast(rest, x.dtype));
      }
      needFloat(x);
      return cx.op.cast(normalized(cx, x, statistics, affine, c.epsilon), x.dtype);
    },
  ),
  pool("MaxPool", "max"),
  pool("AveragePool", "average"),
];
