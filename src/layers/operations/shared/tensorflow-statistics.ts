/** Functions of TensorFlow: moments by their parts, lines of a batch, sorted segments, shapes that broadcast, rounded ranges. Source: tensorflow/python/ops/{nn_impl,math_ops,array_ops}.py. */
import { fail } from "../../../core/error.ts";
import { listOf } from "../../../core/list.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import { isSym } from "../../common/args.ts";
import { keptMoments } from "../../common/normalization.ts";
import { knownSizes, withSizes } from "./known-sizes.ts";
import { flatNumbers, lengthThere, needFloat, operate, sizesOf } from "./operation.ts";
import { most } from "./sizes.ts";
import { gatherInBatches } from "./tensorflow-arrays.ts";
import { type TfArgs, TfTable } from "./tensorflow-call.ts";

const table = new TfTable();

const kept = (a: TfArgs): boolean => a.flag(a.has("keep_dims") ? "keep_dims" : "keepdims");
for (const [name, args] of [
  ["nn.sufficient_statistics", "x, axes, shift=null, keepdims=false"],
  ["compat.v1.nn.sufficient_statistics", "x, axes, shift=null, keep_dims=null, keepdims=null"],
] as const)
  table.only(name, args, (cx, a) => {
    const { op } = cx;
    const x = a.tensor("x");
    const axes = a.axes(x, "axes");
    const count = op.constant(
      axes.map((axis) => lengthThere(x, axis)).reduce((p, q) => p * q, 1),
      x.dtype,
    );
    const shift = a.has("shift") ? a.tensor("shift") : null;
    const [mean, squares] =
      shift === null ? [x, op.square(x)] : [op.subtract(x, shift), op.square(op.subtract(x, shift))];
    const keepdims = kept(a);
    const sums = [mean, squares].map((part) => op.sum(part, axes, keepdims));
    return shift === null ? [count, ...sums] : [count, ...sums, shift];
  });
for (const [name, args] of [
  ["nn.weighted_moments", "x, axes, frequency_weights, keepdims=false"],
  ["compat.v1.nn.weighted_moments", "x, axes, frequency_weights, keep_dims=null, keepdims=null"],
] as const)
  table.only(name, args, (cx, a) => {
    const { op } = cx;
    const given = a.tensor("x");
    const x = given.dtype === "float16" ? op.cast(given, "float32") : given;
    const weights = op.cast(a.tensor("frequency_weights"), x.dtype);
    const axes = a.axes(x, "axes");
    const total = op.sum(op.broadcastTo(weights, sizesOf(cx, x)), axes, true);
    const { mean, variance } = keptMoments(cx, x, axes, weights, total);
    return [mean, variance].map((y) => op.cast(kept(a) ? y : op.squeeze(y, axes), given.dtype));
  });

table.only("compat.v1.batch_gather", "params, indices", (cx, a) => {
  const [x, indices] = [a.tensor("params"), a.tensor("indices")];
  const axis = indices.shape.length - 1;
  return gatherInBatches(cx, x, indices, axis, axis);
});
/** Of two lengths the one that is not 1; of two that only a run knows the longer one. */
function broadcastSize(a: Size, b: Size): Size {
  if (a === 1 || b === 1) return a === 1 ? b : a;
  if (typeof a === "number" && typeof b === "number" && a !== b)
    fail("mismatch/shape", { expected: "shapes that broadcast together", found: `lengths of ${a} and ${b}` });
  return typeof a === "number" ? a : typeof b === "number" ? b : most(a, b);
}
table.both("broadcast_dynamic_shape", "shape_x, shape_y", (cx, a) => {
  const { op } = cx;
  const [x, y] = ["shape_x", "shape_y"].map((name) => a.tensor(name)) as [Sym, Sym];
  const rank = Math.max(lengthThere(x, 0), lengthThere(y, 0));
  const [p, q] = [x, y].map((s) => op.pad(s, [[rank - lengthThere(s, 0), 0]], 1)) as [Sym, Sym];
  const known = ["shape_x", "shape_y"]
    .map((name) => knownSizes(cx, a.arg(name)))
    .map((s) => s && [...listOf(rank - s.length, () => 1), ...s]);
  const [own, other] = known;
  const one = op.equal(p, 1);
  const sizes = own && other ? own.map((n, i) => broadcastSize(n, other[i]!)) : null;
  return withSizes(cx, op.where(one, q, p), sizes);
});

/** Of ids that the file gives: their last is the length. */
const idsOf = (a: TfArgs): readonly number[] => {
  const ids = isSym(a.arg("segment_ids")) ? null : flatNumbers(a.arg("segment_ids"));
  if (ids === null)
    return fail("unsupported/free-length", {
      message: "the length depends on the values of segment_ids",
      expected: "segment_ids of plain values",
    });
  const { values } = ids;
  if (values.some((id, i) => id < (values[i - 1] ?? 0)))
    fail("malformed/config", { path: "segment_ids", expected: "numbers from 0 in order" });
  return values;
};
const MOST = 1 << 20;
for (const [name, operation] of [
  ["sum", "SegmentSum"],
  ["mean", "SegmentSum"],
  ["prod", "SegmentProd"],
  ["max", "SegmentMax"],
  ["min", "SegmentMin"],
] as const)
  table.both(`math.segment_${name} compat.v1.segment_${name}`, "data, segment_ids", (cx, a) => {
    const { op } = cx;
    const [x, ids] = [a.tensor("data"), idsOf(a)];
    const count = (ids.at(-1) ?? -1) + 1;
    if (count > MOST) fail("limit/size", { expected: `at most ${MOST} segments`, found: String(count) });
    const sizes = sizesOf(cx, x);
    const y = operate(cx, operation, [x, op.array(ids, [ids.length], "int32")], { num_segments: count, sorted: false }) as Sym; // prettier-ignore
    const counts = listOf(count, () => 0);
    for (const id of ids) counts[id]!++;
    const line = (values: readonly number[], dtype: "bool" | typeof x.dtype): Sym =>
      op.reshape(op.array(values, [count], dtype), [count, ...sizes.slice(1).map(() => 1)]);
    const shares = name === "mean" ? op.divide(y, line(counts.map((n) => Math.max(n, 1)), x.dtype)) : y; // prettier-ignore
    // Of no element TensorFlow gives 0, or 1.
    const isSome = line(counts.map((n) => Number(n > 0)), "bool"); // prettier-ignore
    return counts.includes(0) ? op.where(isSome, shares, op.constant(name === "prod" ? 1 : 0, x.dtype)) : shares;
  });

/** As quantising to so many bits and back leaves it: by scale alone, symmetric about 0. */
const QUANTIZED = 'input, input_min, input_max, signed_input=true, num_bits=8, range_given=false, round_mode="HALF_TO_EVEN", narrow_range=false, axis=null'; // prettier-ignore
table.both("quantization.quantize_and_dequantize_v2", QUANTIZED, (cx, a) => {
  const { op } = cx;
  const x = needFloat(a.tensor("input"));
  const [isSigned, bits, isNarrow] = [a.flag("signed_input"), a.number("num_bits")!, a.flag("narrow_range")];
  const axis = a.has("axis") && a.number("axis") !== -1 ? a.axis(x) : null;
  const others = x.shape.map((_, i) => i).filter((i) => i !== axis);
  const isGiven = a.flag("range_given");
  if (bits < 1 || bits > 31)
    fail("malformed/config", { path: "num_bits", expected: "from 1 to 31", found: String(bits) });
  // TensorFlow has no kernel for ranges that are given channel by channel.
  if (isGiven && axis !== null)
    fail("unsupported/argument", { path: "axis", expected: "-1 with a range that is given" });
  const ends = ["input_min", "input_max"].map((name) => a.tensor(name)) as [Sym, Sym];
  const wide = (end: Sym): Sym => op.reshape(op.cast(end, x.dtype), x.shape.map(() => 1)); // prettier-ignore
  const [low, high] = isGiven ? ends.map(wide) : [op.min(x, others, true), op.max(x, others, true)]; // prettier-ignore
  const most = isSigned ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  const least = isSigned ? -(2 ** (bits - 1)) + Number(isNarrow) : 0;
  // The end that asks for the coarser steps sets them; where none does, the largest number is the scale.
  const huge = x.dtype === "float64" ? Number.MAX_VALUE : 3.4028234663852886e38;
  const from = (end: Sym, n: number): Sym => {
    const same = op.greater(op.multiply(end, n), 0);
    return op.where(same, op.divide(n, op.where(same, end, 1)), huge);
  };
  const [below, above] = [least === 0 ? op.constant(huge, x.dtype) : from(low!, least), from(high!, most)];
  const isBelow = op.less(below, above);
  const scale = op.where(isBelow, below, above);
  const inverse = op.where(isBelow, op.divide(low!, least === 0 ? 1 : least), op.divide(high!, most));
  const bottom = op.where(isBelow, low!, op.multiply(inverse, least));
  const top = op.where(isBelow, op.multiply(inverse, most), high!);
  const scaled = op.rounded(op.multiply(isGiven ? op.minimum(op.maximum(x, bottom), top) : x, scale));
  const mode = a.text("round_mode");
  if (mode !== "HALF_TO_EVEN" && mode !== "HALF_UP") fail("unsupported/argument", { path: "round_mode", found: String(mode) }); // prettier-ignore
  return op.multiply(mode === "HALF_UP" ? op.floor(op.add(scaled, 0.5)) : op.round(scaled), inverse);
});

/** Functions of TensorFlow of moments, batches, segments and ranges, by name. */
export const TENSORFLOW_STATISTICS = table;
