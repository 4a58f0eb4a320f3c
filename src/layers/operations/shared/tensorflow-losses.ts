/** Losses of tf-keras and TensorFlow as functions. Source: tf_keras/backend.py, tf_keras/losses.py, tensorflow/python/ops/ctc_ops.py. */
import { fail } from "../../../core/error.ts";
import { listOf } from "../../../core/list.ts";
import { ctcBeamSearch } from "../../../ops/ctc-beam.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { isSym } from "../../common/args.ts";
import { needRank } from "../../common/checks.ts";
import { atEnd } from "./along.ts";
import { binary, categorical, clipped, packed, sparse } from "./cross-entropies.ts";
import { axisOf, flat, lengthThere, needFloat, operate, sizesOf } from "./operation.ts";
import { type TfArgs, type TfRun, TfTable } from "./tensorflow-call.ts";

const table = new TfTable();
const EPSILON = 1e-7;
const FUNCTIONS: ReadonlySet<string> = new Set(["TFOpLambda", "TensorFlowOpLayer"]);

/**
 * The output, or what it was made of: of a layer's activation, whichever, or of the one function that the loss expects, which
 * transposes where its axis is not the last.
 */
function outputOf(cx: Context, a: TfArgs, fn: "sigmoid" | "softmax"): { readonly y: Sym; readonly isLogits: boolean } {
  const y = needFloat(a.tensor("output"));
  const made = cx.logitsOf(y);
  const isOwn =
    made !== undefined && (!FUNCTIONS.has(made.by) || (made.fn === fn && (fn === "sigmoid" || made.isLast)));
  return { y: isOwn ? made.x : y, isLogits: a.flag("from_logits") || isOwn };
}

table.both("keras.backend.binary_crossentropy", "target, output, from_logits=false", (cx, a) => {
  const { op } = cx;
  const { y, isLogits } = outputOf(cx, a, "sigmoid");
  const given = a.operand("target");
  const target = typeof given === "number" ? op.constant(given, y.dtype) : given;
  if (isLogits) return binary(cx, target, y, true);
  const p = clipped(cx, y);
  const right = op.multiply(target, op.log(op.add(p, EPSILON)));
  // TensorFlow's graphs add the two numbers first.
  const most = op.rounded(op.constant(1 + EPSILON, p.dtype));
  const wrong = op.multiply(op.subtract(1, target), op.log(op.subtract(most, p)));
  return op.negative(op.add(right, wrong));
});
const AXIS = "from_logits=false, axis=-1";
table.both("keras.backend.categorical_crossentropy", `target, output, ${AXIS}`, (cx, a) => {
  const { y, isLogits } = outputOf(cx, a, "softmax");
  return categorical(cx, a.tensor("target"), y, isLogits, a.axis(y));
});
table.both("keras.backend.categorical_focal_crossentropy", `target, output, alpha=0.25, gamma=2, ${AXIS}`, (cx, a) => {
  const { op } = cx;
  const { y, isLogits } = outputOf(cx, a, "softmax");
  const axis = a.axis(y);
  const x = isLogits ? op.softmax(y, [axis]) : y;
  const p = clipped(cx, op.divide(x, op.sum(x, [axis], true)));
  const entropy = op.multiply(op.negative(a.tensor("target")), op.log(p));
  const weight = op.multiply(op.power(op.subtract(1, p), a.operand("gamma")), a.operand("alpha"));
  return op.sum(op.multiply(weight, entropy), [axis]);
});
/** Of lines and images each place has a target; one of as many axes as the output, or of another shape, is taken flat. */
table.both("keras.backend.sparse_categorical_crossentropy", `target, output, ${AXIS}, ignore_class=null`, (cx, a) => {
  const { op } = cx;
  const { y, isLogits } = outputOf(cx, a, "softmax");
  const [target, axis] = [a.tensor("target"), a.axis(y)];
  const x = axis === y.shape.length - 1 ? y : atEnd(cx, y, [axis]);
  const classes = lengthThere(x, x.shape.length - 1);
  const places = sizesOf(cx, x).slice(0, -1);
  const isFlat = target.shape.length !== places.length;
  const labels = op.cast(isFlat ? flat(cx, target) : target, "int64");
  const ignored = a.number("ignore_class");
  const counts = ignored === null ? null : op.notEqual(labels, ignored);
  const known = counts === null ? labels : op.where(counts, labels, op.constant(0, "int64"));
  const each = sparse(cx, known, isFlat ? op.reshape(x, [-1, classes]) : x, isLogits);
  const kept = counts === null ? each : op.where(counts, each, 0);
  return isFlat && places.length > 1 ? op.reshape(kept, places) : kept;
});

/** Targets of 0 and 1 alone, in the whole batch, stand for -1 and 1. */
const hinge =
  (f: (cx: Context, x: Sym) => Sym): TfRun =>
  (cx, a) => {
    const { op } = cx;
    const y = needFloat(a.tensor("y_pred"));
    const given = op.cast(a.tensor("y_true"), y.dtype);
    const isBit = op.logicalOr(op.equal(given, 0), op.equal(given, 1));
    const all = op.all(isBit, given.shape.map((_, i) => i)); // prettier-ignore
    const target = op.where(all, op.subtract(op.multiply(given, 2), 1), given);
    const least = op.maximum(op.subtract(1, op.multiply(target, y)), 0);
    return op.mean(f(cx, least), [axisOf(least, -1)]);
  };
table.both("keras.metrics.hinge keras.losses.hinge", "y_true, y_pred", hinge((_, x) => x)); // prettier-ignore
table.both("keras.metrics.squared_hinge keras.losses.squared_hinge", "y_true, y_pred", hinge(({ op }, x) => op.square(x))); // prettier-ignore

/** Without repetitions, as the first decoder of beams leaves them out of what it has found. */
function merged(cx: Context, labels: Sym): Sym {
  const { op } = cx;
  const before = op.slice(op.pad(labels, [[0, 0], [1, 0]], -1), [{ axis: 1, start: 0, stop: -1, step: 1 }]); // prettier-ignore
  return packed(cx, labels, op.logicalAnd(op.greaterEqual(labels, 0), op.notEqual(labels, before)));
}
table.both("keras.backend.ctc_decode", "y_pred, input_length, greedy=true, beam_width=100, top_paths=1", (cx, a) => {
  const { op } = cx;
  const y = needFloat(a.tensor("y_pred"));
  needRank(y, 3);
  const x = op.log(op.add(y, EPSILON));
  const steps = op.cast(a.tensor("input_length"), "int32");
  const classes = lengthThere(y, 2);
  const long = (labels: Sym): Sym => op.cast(labels, "int64");
  if (a.flag("greedy")) {
    a.ignore("beam_width", "top_paths");
    const how = { strategy: "greedy", merge_repeated: true, mask_index: classes - 1 };
    const [labels, scores] = operate(cx, "CTCDecode", [x, steps], how) as readonly [Sym, Sym];
    return [long(op.squeeze(labels, [0])), scores];
  }
  const [width, paths] = [a.number("beam_width")!, a.number("top_paths")!];
  if (paths > width)
    fail("malformed/config", { path: "top_paths", expected: `at most beam_width, ${width}`, found: String(paths) });
  const [labels, scores] = ctcBeamSearch(cx, x, steps, { classes, width, paths });
  const each = listOf(paths, (i) => long(merged(cx, op.squeeze(op.slice(labels, [{ axis: 0, start: i, stop: i + 1, step: 1 }]), [0])))); // prettier-ignore
  return [...each, scores];
});
table.only(
  "nn.ctc_loss compat.v1.nn.ctc_loss_v2",
  "labels, logits, label_length, logit_length, logits_time_major=true, unique=null, blank_index=null",
  (cx, a) => {
    const given = a.tensor("logits");
    needRank(given, 3);
    a.ignore("unique"); // how, not what
    if (!isSym(a.arg("labels"))) fail("unsupported/argument", { path: "labels", expected: "a tensor" });
    const x = a.flag("logits_time_major") ? cx.op.transpose(given, [1, 0, 2]) : given;
    const args = [a.tensor("labels"), x, a.tensor("label_length"), a.tensor("logit_length")];
    return operate(cx, "CTCLoss", args, { mask_index: a.number("blank_index") ?? 0 });
  },
);

/** Losses of tf-keras and TensorFlow, by name. */
export const TENSORFLOW_LOSSES = table;
