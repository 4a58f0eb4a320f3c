/** Functions of TensorFlow for networks: windows, transposed convolutions, losses. Source: tensorflow/python/ops/{nn_ops,nn_impl}.py. */
import { fakeQuantized } from "./fake-quantized.ts";
import { fail } from "../../../core/error.ts";
import { listOf } from "../../../core/list.ts";
import type { Padding } from "../../../ops/attributes.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Arg, Context } from "../../define.ts";
import { isSym } from "../../common/args.ts";
import { logSumExp } from "../../common/softmax.ts";
import { alongLast, atEnd } from "./along.ts";
import { axisOf, lengthThere, operate } from "./operation.ts";
import { type TfArgs, type TfRun, TfTable } from "./tensorflow-call.ts";
import { layoutOf, paddingOf, spatial } from "./tensorflow-parts.ts";
import { paddingOf as paddingOfImages } from "./tensorflow-windows.ts";

const table = new TfTable();

/** A convolution of each channel by filter[h, w, C, m], and what follows in the same layout. */
const depthwise =
  (filter: string, pointwise: string | null): TfRun =>
  (cx, a) => {
    const [x, kernel] = [a.tensor("input"), a.tensor(filter)];
    const layout = layoutOf(a);
    const padding: Padding = paddingOfImages(a, layout);
    const [h, w, channels, each] = kernel.shape.map((_, i) => lengthThere(kernel, i)) as [number, number, number, number]; // prettier-ignore
    const grouped = cx.op.reshape(kernel, [h, w, 1, channels * each]);
    const how = { layout, strides: spatial(a, "strides", layout, 2), dilation: spatial(a, a.has("rate") ? "rate" : "dilations", layout, 2) }; // prettier-ignore
    const y = cx.op.conv(x, grouped, null, { ...how, padding, groups: channels });
    if (pointwise === null) return y;
    return cx.op.conv(y, a.tensor(pointwise), null, { layout, strides: [1, 1], dilation: [1, 1], padding: "valid", groups: 1 }); // prettier-ignore
  };
const DEPTHWISE = "input, filter, strides, padding";
table.only("nn.depthwise_conv2d", `${DEPTHWISE}, data_format=null, dilations=null`, depthwise("filter", null));
table.only("compat.v1.nn.depthwise_conv2d", `${DEPTHWISE}, rate=null, data_format=null, dilations=null`, depthwise("filter", null)); // prettier-ignore
const SEPARABLE = "input, depthwise_filter, pointwise_filter, strides, padding";
const separable = depthwise("depthwise_filter", "pointwise_filter");
table.only("nn.separable_conv2d", `${SEPARABLE}, data_format=null, dilations=null`, separable);
table.only("compat.v1.nn.separable_conv2d", `${SEPARABLE}, rate=null, data_format=null, dilations=null`, separable);

/** `output_shape` tells which of the lengths that a convolution with these strides would bring to those of x. */
const transposed =
  (input: string, filter: string, isAtrous = false): TfRun =>
  (cx, a) => {
    const { op } = cx;
    const x = a.tensor(isAtrous || !a.has("input") ? input : "input");
    const kernel = a.tensor(isAtrous || !a.has("filters") ? filter : "filters");
    const rank = x.shape.length - 2;
    const [layout, padding] = [isAtrous ? "last" : layoutOf(a), paddingOf(a)] as const;
    const strides = isAtrous ? [1, 1] : spatial(a, "strides", layout, rank);
    // TensorFlow has the kernel of a wider filter for the function of that name alone.
    if (!isAtrous && spatial(a, "dilations", layout, rank).some((n) => n !== 1)) fail("unsupported/argument", { path: "dilations", expected: "1" }); // prettier-ignore
    const rate = isAtrous ? a.number("rate")! : 1;
    const wanted = a.sizes("output_shape");
    const first = layout === "first" ? 2 : 1;
    const to = wanted.length === rank ? wanted : wanted.slice(first, first + rank);
    if (to.length !== rank) fail("mismatch/rank", { path: "output_shape", expected: `${rank + 2} lengths` });
    const how = { layout, strides, dilation: listOf(rank, () => rate), outputPadding: null };
    const whole = x.shape.slice(first, first + rank);
    const isUsual = (n: Size, i: number): boolean => typeof n !== "number" || whole[i] === null || n === whole[i]! * strides[i]!; // prettier-ignore
    if (padding === "same" && to.every(isUsual)) {
      const y = op.convTranspose(x, kernel, null, { ...how, padding });
      return op.reshape(y, y.shape.map((_, i) => to[i - first] ?? cx.size(y, i))); // prettier-ignore
    }
    const all = op.convTranspose(x, kernel, null, { ...how, padding: "valid" });
    return to.reduce<Sym>((y, length, i) => {
      const [axis, n, k] = [i + first, whole[i] ?? null, (lengthThere(kernel, i) - 1) * rate + 1];
      if (n === null || typeof length !== "number")
        return fail("unsupported/free-length", { message: "a transposed convolution of another length", expected: "known lengths" }); // prettier-ignore
      const back = padding === "same" ? Math.ceil(length / strides[i]!) : Math.ceil((length - k + 1) / strides[i]!);
      if (back !== n) fail("mismatch/shape", { path: "output_shape", found: String(length) });
      const full = (n - 1) * strides[i]! + k;
      const start = padding === "same" ? Math.floor(Math.max(full - length, 0) / 2) : 0;
      const cut = op.slice(y, [{ axis, start, stop: Math.min(full, start + length), step: 1 }]);
      const short = length - Math.min(full - start, length);
      return short === 0 ? cut : op.pad(cut, y.shape.map((_, j) => [0, j === axis ? short : 0])); // prettier-ignore
    }, all);
  };
table.both("nn.atrous_conv2d_transpose", "value, filters, output_shape, rate, padding", transposed("value", "filters", true)); // prettier-ignore
for (const [rank, format] of [
  [1, "NWC"],
  [2, "NHWC"],
  [3, "NDHWC"],
] as const) {
  const args = `input, filters, output_shape, strides, padding="SAME", data_format="${format}", dilations=null`;
  const run = transposed("input", "filters");
  if (rank === 1) table.both("nn.conv1d_transpose", args, run);
  else table.only(`nn.conv${rank}d_transpose`, args, run);
}
const OLDER = "filter=null, output_shape=null, strides=null";
table.only("compat.v1.nn.conv2d_transpose", `value=null, ${OLDER}, padding="SAME", data_format="NHWC", input=null, filters=null, dilations=null`, transposed("value", "filter")); // prettier-ignore
table.only("compat.v1.nn.conv3d_transpose", `value, ${OLDER}, padding="SAME", data_format="NDHWC", input=null, filters=null, dilations=null`, transposed("value", "filter")); // prettier-ignore

const pooled: TfRun = (cx, a) => {
  const x = a.tensor("input");
  const [layout, rank, type] = [layoutOf(a), x.shape.length - 2, a.text("pooling_type")!.toUpperCase()];
  const dilation = a.has("dilation_rate") ? "dilation_rate" : "dilations";
  if (spatial(a, dilation, layout, rank).some((n) => n !== 1)) fail("unsupported/argument", { path: dilation, expected: "1" }); // prettier-ignore
  if (type !== "MAX" && type !== "AVG") fail("unsupported/argument", { path: "pooling_type", found: type });
  const [size, strides] = ["window_shape", "strides"].map((name) => spatial(a, name, layout, rank)) as [number[], number[]]; // prettier-ignore
  return cx.op.pool(x, { fn: type === "MAX" ? "max" : "average", layout, size, strides, padding: paddingOf(a) });
};
table.only("nn.pool", 'input, window_shape, pooling_type, strides=null, padding="VALID", data_format=null, dilations=null', pooled); // prettier-ignore
table.only("compat.v1.nn.pool", "input, window_shape, pooling_type, padding, dilation_rate=null, strides=null, data_format=null, dilations=null", pooled); // prettier-ignore

table.both("nn.crelu", "features, axis=-1", ({ op }, a) => {
  const x = a.tensor("features");
  return op.activation(op.concat([x, op.negative(x)], a.axis(x)), { fn: "relu" });
});
table.both("nn.local_response_normalization nn.lrn", "input, depth_radius=5, bias=1, alpha=1, beta=0.5", (cx, a) => {
  const { op } = cx;
  const x = a.tensor("input");
  const [radius, bias, alpha, beta] = ["depth_radius", "bias", "alpha", "beta"].map((name) => a.number(name)!) as [number, number, number, number]; // prettier-ignore
  const line = op.iota(lengthThere(x, x.shape.length - 1), "int32");
  const near = op.lessEqual(op.abs(op.subtract(op.expandDims(line, [1]), line)), radius);
  const around = op.matmul(op.square(x), op.cast(near, x.dtype));
  return op.multiply(x, op.power(op.add(op.multiply(around, alpha), bias), -beta));
});
/** The parts of a table, each its rows; by `mod` they take turns. */
const rowsOf = ({ op }: Context, parts: Sym, strategy: string | null): Sym => {
  const [count, rows, ...width] = parts.shape as readonly number[];
  if (rows === undefined) return fail("unsupported/argument", { path: "params", found: "a list of numbers" });
  if (strategy !== "div" && strategy !== "mod") return fail("unsupported/argument", { path: "partition_strategy", found: String(strategy) }); // prettier-ignore
  const inTurns = strategy === "div" ? parts : op.transpose(parts, parts.shape.map((_, i) => (i < 2 ? 1 - i : i))); // prettier-ignore
  return op.reshape(inTurns, [count! * rows, ...width]);
};
/** tf-keras reads a table of numbers back as lists, which TensorFlow takes for so many tables. */
const lookup = (cx: Context, a: TfArgs, strategy: string | null): Sym => {
  const params = a.arg("params");
  if (!isSym(params)) return fail("unsupported/argument", { path: "params", expected: "a tensor" });
  return cx.op.gather(params.listed ? rowsOf(cx, params, strategy) : params, a.tensor("ids"), 0);
};
table.only("nn.embedding_lookup", "params, ids, max_norm=null", (cx, a) => lookup(cx, a, "div"));
table.only("compat.v1.nn.embedding_lookup", 'params, ids, partition_strategy="mod", validate_indices=true, max_norm=null', (cx, a) => {
  a.ignore("validate_indices");
  return lookup(cx, a, a.text("partition_strategy"));
}); // prettier-ignore

/** log(1 + e⁻|x|). */
const rest = ({ op }: Context, x: Sym): Sym => op.log1p(op.exp(op.negative(op.abs(x))));
const sigmoidLoss: TfRun = (cx, a) => {
  const { op } = cx;
  const [z, x] = [a.tensor("labels"), a.tensor("logits")];
  return op.add(op.subtract(op.maximum(x, 0), op.multiply(x, z)), rest(cx, x));
};
table.both("nn.sigmoid_cross_entropy_with_logits", "labels=null, logits=null", sigmoidLoss);
const weighted: TfRun = (cx, a) => {
  const { op } = cx;
  const [z, x] = [a.tensor(a.has("targets") ? "targets" : "labels"), a.tensor("logits")];
  const given = a.operand("pos_weight");
  const more = typeof given === "number" ? given - 1 : op.subtract(given, 1);
  const weight = op.add(op.multiply(z, more), 1);
  const bent = op.add(rest(cx, x), op.activation(op.negative(x), { fn: "relu" }));
  return op.add(op.multiply(op.subtract(1, z), x), op.multiply(weight, bent));
};
table.only("nn.weighted_cross_entropy_with_logits", "labels, logits, pos_weight", weighted);
table.only("compat.v1.nn.weighted_cross_entropy_with_logits", "labels=null, logits=null, pos_weight=null, targets=null", weighted); // prettier-ignore
const softmaxLoss: TfRun = (cx, a) => {
  const { op } = cx;
  const [z, x] = [a.tensor("labels"), a.tensor("logits")];
  const axis = axisOf(x, (a.arg(a.has("axis") || !a.has("dim") ? "axis" : "dim") as number | null) ?? -1);
  return op.negative(op.sum(op.multiply(z, op.subtract(x, logSumExp(cx, x, [axis]))), [axis]));
};
table.only("nn.softmax_cross_entropy_with_logits", "labels, logits, axis=-1", softmaxLoss);
table.only("compat.v1.nn.softmax_cross_entropy_with_logits_v2", "labels, logits, axis=null, dim=null", softmaxLoss);
table.only(
  "compat.v1.nn.softmax_cross_entropy_with_logits",
  "labels=null, logits=null, dim=-1, axis=null",
  softmaxLoss,
);
const sparseLoss: TfRun = (cx, a) => {
  const { op } = cx;
  const [labels, x] = [a.tensor("labels"), a.tensor("logits")];
  const last = x.shape.length - 1;
  const all = op.subtract(x, logSumExp(cx, x, [last]));
  return op.negative(op.squeeze(alongLast(cx, all, op.expandDims(labels, [last])), [last]));
};
table.only("nn.sparse_softmax_cross_entropy_with_logits", "labels, logits", sparseLoss);
table.only("compat.v1.nn.sparse_softmax_cross_entropy_with_logits", "labels=null, logits=null", sparseLoss);
table.both("nn.log_poisson_loss", "targets, log_input, compute_full_loss=false", ({ op }, a) => {
  const [z, x] = [a.tensor("targets"), a.tensor("log_input")];
  const loss = op.subtract(op.exp(x), op.multiply(x, z));
  if (!a.flag("compute_full_loss")) return loss;
  // Stirling's approximation of log z!, none of it for z from 0 to 1.
  const some = op.logicalOr(op.less(z, 0), op.greater(z, 1));
  const safe = op.where(some, z, 2);
  const more = op.add(op.subtract(op.multiply(safe, op.log(safe)), safe), op.multiply(op.log(op.multiply(safe, 2 * Math.PI)), 0.5)); // prettier-ignore
  return op.add(loss, op.where(some, more, 0));
});
const inTopK: TfRun = (cx, a) => operate(cx, "InTopK", [a.tensor("targets"), a.tensor("predictions")], { k: a.number("k")! }); // prettier-ignore
table.only("math.in_top_k nn.in_top_k", "targets, predictions, k", inTopK);
table.only("compat.v1.math.in_top_k compat.v1.nn.in_top_k", "predictions, targets, k", inTopK);

const QUANT = "num_bits=8, narrow_range=false";
for (const [name, ends] of [["args", "min=-6, max=6"], ["vars", "min, max"], ["vars_per_channel", "min, max"]] as const)
  table.both(`quantization.fake_quant_with_min_max_${name} compat.v1.fake_quant_with_min_max_${name}`, `inputs, ${ends}, ${QUANT}`, (cx, a) => {
    const [low, high] = ["min", "max"].map((end) => cx.op.cast(a.tensor(end), "float32")) as [Sym, Sym];
    return fakeQuantized(cx, a.tensor("inputs"), [low, high], { bits: a.number("num_bits")!, isNarrow: a.flag("narrow_range"), divides: name === "vars" });
  }); // prettier-ignore

/** The condition broadcast from the front. */
table.both("keras.backend.switch", "condition, then_expression, else_expression", ({ op }, a) => {
  const [x, y] = a.operands("then_expression", "else_expression");
  const given = op.cast(a.tensor("condition"), "bool");
  const [own, rank] = [given.shape.length, typeof x === "number" ? 0 : x.shape.length];
  return op.where(own > 1 ? op.expandDims(given, listOf(rank - own, (i) => own + i)) : given, x, y); // prettier-ignore
});

/** Lines of their own length the other way round. */
const reversed: TfRun = (cx, a) => {
  const { op } = cx;
  const [x, lengths] = [a.tensor("input"), a.tensor("seq_lengths")];
  const [along, batch] = [["seq_axis", "seq_dim"], ["batch_axis", "batch_dim"]].map(([now, then]) => axisOf(x, (a.arg(a.has(then!) ? then! : now!) as number | null) ?? 0)) as [number, number]; // prettier-ignore
  const moved = atEnd(cx, x, [along]);
  const at = op.iota(cx.size(x, along), "int32");
  const place = batch - (batch > along ? 1 : 0);
  const length = op.reshape(op.cast(lengths, "int32"), moved.shape.map((_, i): Size => (i === place ? cx.size(lengths, 0) : 1))); // prettier-ignore
  const from = op.where(op.less(at, length), op.subtract(op.subtract(length, 1), at), at);
  const picked = alongLast(cx, moved, op.broadcastTo(from, moved.shape.map((_, i) => cx.size(moved, i)))); // prettier-ignore
  const perm = x.shape.map((_, i) => (i === along ? x.shape.length - 1 : i - (i > along ? 1 : 0)));
  return op.transpose(picked, perm);
};
table.only("reverse_sequence", "input, seq_lengths, seq_axis=null, batch_axis=null", reversed);
table.only("compat.v1.reverse_sequence", "input, seq_lengths, seq_axis=null, batch_axis=null, seq_dim=null, batch_dim=null", reversed); // prettier-ignore

/** What a list of flags keeps of an axis, or of several from there on. */
const masked: TfRun = (cx, a) => {
  const { op } = cx;
  const [x, mask] = [a.tensor("tensor"), a.arg("mask")];
  const axis = a.axis(x);
  const sizes: number[] = [];
  const flags = (arg: Arg, depth: number): readonly boolean[] => {
    if (!Array.isArray(arg)) return typeof arg === "boolean" || typeof arg === "number" ? [Boolean(arg)] : fail("unsupported/free-length", { message: "the length depends on the values", expected: "a mask of plain values" }); // prettier-ignore
    sizes[depth] = arg.length;
    return (arg as readonly Arg[]).flatMap((item) => flags(item, depth + 1));
  };
  const kept = flags(mask, 0).flatMap((flag, i) => (flag ? [i] : []));
  if (sizes.length === 0 || sizes.some((n, i) => lengthThere(x, axis + i) !== n))
    fail("mismatch/shape", { path: "mask" });
  const flat = op.reshape(x, [...x.shape.slice(0, axis).map((_, i) => cx.size(x, i)), sizes.reduce((p, q) => p * q, 1), ...x.shape.slice(axis + sizes.length).map((_, i) => cx.size(x, axis + sizes.length + i))]); // prettier-ignore
  return op.gather(flat, op.array(kept, [kept.length], "int32"), axis);
};
table.both("boolean_mask", "tensor, mask, axis=null", masked);

/** Functions of TensorFlow that networks are made of, by name. */
export const TENSORFLOW_NEURAL = table;
