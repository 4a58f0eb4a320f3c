/** Losses and measures as operations. Source: keras/src/backend/tensorflow/nn.py, keras/src/ops/image.py (`_ssim`). */
import { isFloat } from "../../core/dtype.ts";
import { listOf } from "../../core/list.ts";
import { fail } from "../../core/error.ts";
import { ctcBeamSearch } from "../../ops/ctc-beam.ts";
import { ctcLoss } from "../../ops/ctc.ts";
import { promote } from "../../ops/promote.ts";
import type { Sym } from "../../ops/types.ts";
import type { AnyDef, Context } from "../define.ts";
import { bool, choice, dataFormat, float, int, nullable } from "../fields.ts";
import { wholeMean } from "../common/whole-mean.ts";
import { similarity } from "./shared/similarity.ts";
import { binary, categorical, packed, sparse } from "./shared/cross-entropies.ts";
import { axisOf, floating, inModule, needFloat, tensor } from "./shared/operation.ts";
import { counting } from "./shared/sizes.ts";

const nn = inModule("nn");
const anyInt = (initial: number) => int({ min: -0x7fffffff, default: initial });

/** How many classes there are, from whose end a blank counts. */
const needKnown = (classes: unknown): number =>
  typeof classes === "number" ? classes : fail("unsupported/free-length", { expected: "known classes" });

/** The best class of each step, without repetitions and blanks, -1 behind; minus the sum of the best logits. */
function greedy(cx: Context, x: Sym, steps: Sym, merges: boolean, blank: number): readonly Sym[] {
  const { op } = cx;
  const best = op.argmax(x, 2);
  const time = counting(cx, cx.size(x, 1), 1, 2);
  const runs = op.less(time, op.expandDims(steps, [1]));
  const before = op.slice(op.pad(best, [[0, 0], [1, 0]], -1), [{ axis: 1, start: 0, stop: -1, step: 1 }]); // prettier-ignore
  const isNew = merges ? op.notEqual(best, before) : op.greaterEqual(best, 0);
  const kept = op.logicalAnd(runs, op.logicalAnd(isNew, op.notEqual(best, blank)));
  const labels = packed(cx, best, kept);
  // TensorFlow's decoder has no gradients.
  const largest = op.stopGradient(op.max(x, [2]));
  const scores = op.negative(op.sum(op.where(runs, largest, op.constant(0, x.dtype)), [1], true));
  return [op.expandDims(labels, [0]), scores];
}

/**
 * The likeliest sequences. Keras brings the blank to the end as Python's slices do it, and so has each class twice where the
 * blank is the last, named from the end: of all that are as likely TensorFlow's sort gives any.
 */
function beams(
  cx: Context,
  x: Sym,
  steps: Sym,
  c: { readonly beam_width: number; readonly top_paths: number; readonly mask_index: number | null },
): readonly Sym[] {
  const { op } = cx;
  if (c.top_paths > c.beam_width)
    fail("malformed/config", { path: "top_paths", expected: `at most beam_width, ${c.beam_width}`, found: String(c.top_paths) }); // prettier-ignore
  const classes = needKnown(x.shape[2]);
  const places = listOf(classes, (i) => i);
  const at = c.mask_index;
  if (at === -1)
    fail("unsupported/argument", { path: "mask_index", found: "-1", message: "each class stands twice, and which of equals is first", expected: "an order that is defined" }); // prettier-ignore
  const order = at === null ? places : [...places.slice(0, at), ...places.slice(at + 1), ...places.slice(at, at + 1)];
  const moved = at === null ? x : op.gather(x, op.array(order, [order.length], "int32"), 2);
  const [labels, scores] = ctcBeamSearch(cx, moved, steps, {
    classes: order.length,
    width: c.beam_width,
    paths: c.top_paths,
  });
  // TensorFlow's decoder has no gradients.
  const y = op.stopGradient(scores);
  if (at === null) return [labels, y];
  const isBehind = op.greaterEqual(labels, at < 0 ? at + classes : at);
  return [op.add(labels, op.cast(isBehind, "int32")), y];
}

const logits = { from_logits: bool(false) };
/** The output of a model, or what sigmoid or softmax made it of. */
function prediction(cx: Context, arg: unknown, fromLogits: boolean): { readonly y: Sym; readonly fromLogits: boolean } {
  const y = needFloat(tensor(cx, arg as never));
  const own = cx.logitsOf(y)?.x;
  return { y: own ?? y, fromLogits: fromLogits || own !== undefined };
}
/** The target in the dtype of the output. */
const both = (cx: Context, target: unknown, output: Sym): Sym => cx.op.cast(tensor(cx, target as never), output.dtype);

export const lossOperations: readonly AnyDef[] = [
  nn("BinaryCrossentropy", ["target", "output"], logits, (cx, c, [target, given]) => {
    const { y, fromLogits } = prediction(cx, given, c.from_logits);
    return binary(cx, both(cx, target, y), y, fromLogits);
  }),
  nn("CategoricalCrossentropy", ["target", "output"], { ...logits, axis: anyInt(-1) }, (cx, c, [target, given]) => {
    const { y, fromLogits } = prediction(cx, given, c.from_logits);
    return categorical(cx, both(cx, target, y), y, fromLogits, axisOf(y, c.axis));
  }),
  nn(
    "SparseCategoricalCrossentropy",
    ["target", "output"],
    { ...logits, axis: anyInt(-1) },
    (cx, c, [target, given]) => {
      const { y: output, fromLogits } = prediction(cx, given, c.from_logits);
      if (axisOf(output, c.axis) !== output.shape.length - 1) fail("unsupported/argument", { path: "axis", expected: "-1" }); // prettier-ignore
      return sparse(cx, tensor(cx, target), output, fromLogits);
    },
  ),
  nn(
    "CTCLoss",
    ["target", "output", "target_length", "output_length"],
    { mask_index: anyInt(0) },
    (cx, c, [target, given, counts, steps]) => {
      const { op } = cx;
      const output = tensor(cx, given);
      const dtype = promote(output.dtype, "float32");
      // TensorFlow has it in float32 at most.
      const x = op.cast(output, dtype === "float64" ? "float32" : dtype);
      const whole = (arg: unknown): Sym => op.cast(tensor(cx, arg as never), "int32");
      const blank = c.mask_index < 0 ? c.mask_index + needKnown(x.shape[2]) : c.mask_index;
      // TensorFlow brings the blank to the front: what names it then is the class before it.
      const labels = whole(target);
      const moved = blank === 0 ? labels : op.where(op.equal(labels, blank), blank - 1, labels);
      return op.cast(ctcLoss(cx, moved, x, whole(counts), whole(steps), blank), dtype);
    },
  ),
  nn(
    "CTCDecode",
    ["inputs", "sequence_lengths"],
    {
      strategy: choice(["greedy", "beam_search"], "greedy"),
      beam_width: int({ min: 1, default: 100 }),
      top_paths: int({ min: 1, default: 1 }),
      merge_repeated: bool(true),
      mask_index: nullable(anyInt(0)),
    },
    (cx, c, [given, lengths]) => {
      const x = cx.op.cast(tensor(cx, given), promote(tensor(cx, given).dtype, "float32"));
      const blank = c.mask_index ?? -1;
      const steps = cx.op.cast(tensor(cx, lengths), "int32");
      void c.merge_repeated; // which the search of beams does not have
      if (c.strategy === "beam_search") return beams(cx, x, steps, c);
      return greedy(cx, x, steps, c.merge_repeated, blank < 0 ? blank + needKnown(x.shape[2]) : blank);
    },
  ),
  nn("PSNR", ["x1", "x2"], { max_val: float() }, (cx, c, [a, b]) => {
    const { op } = cx;
    const [x, y] = [tensor(cx, a), tensor(cx, b)];
    if (x.dtype === "bool" || y.dtype !== x.dtype) [x, y].forEach(needFloat);
    const squares = op.square(op.subtract(x, y));
    const bels = (error: Sym): Sym => op.multiply(op.log(error), 10 / Math.LN10);
    if (isFloat(x.dtype)) return op.subtract(20 * Math.log10(c.max_val), bels(op.mean(squares)));
    // TensorFlow's mean of integers is one, and so is the largest value.
    const error = wholeMean(
      cx,
      squares,
      listOf(squares.shape.length, (i) => i),
      false,
    );
    return op.subtract(20 * Math.log10(Math.trunc(c.max_val)), bels(op.cast(error, "float32")));
  }),
  inModule("image")(
    "SSIM",
    ["image1", "image2"],
    {
      max_val: float(1),
      filter_size: int({ min: 1, default: 11 }),
      filter_sigma: float(1.5),
      k1: float(0.01),
      k2: float(0.03),
      data_format: dataFormat(),
    },
    (cx, c, [a, b]) => {
      const { op } = cx;
      const first = tensor(cx, a);
      const one = first.shape.length === 3;
      const images = [first, tensor(cx, b)].map((given) => {
        const x = one ? op.expandDims(floating(cx, given), [0]) : floating(cx, given);
        return c.data_format === "channels_first" ? op.transpose(x, [0, 2, 3, 1]) : x;
      }) as [Sym, Sym];
      const y = op.mean(similarity(cx, images, c).whole, [1]);
      return op.cast(one ? op.squeeze(y, [0]) : y, first.dtype);
    },
  ),
];
