/**
 * Losses of probabilities. Where `yPred` is known to be a softmax or a sigmoid, they are computed of what it was made of, as
 * Keras on TensorFlow does, which takes that for the logits of either. Sources: keras/src/losses/losses.py, keras/src/backend/tensorflow/nn.py.
 */
import { fail } from "../../core/error.ts";
import type { OpContext, Ops } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";
import { bool, float, int, optional } from "../../layers/fields.ts";
import type { Era } from "../era.ts";
import { asFloats, clip, EPSILON, lossOf, type Masked, type Pair } from "./shared.ts";

const probability = (op: Ops, x: Sym): Sym => clip(op, x, EPSILON, 1 - EPSILON);

/** log(softmax(x)) along an axis. */
export function logSoftmax(op: Ops, x: Sym, axis: number): Sym {
  const shifted = op.subtract(x, op.max(x, [axis], true));
  return op.subtract(shifted, op.log(op.sum(op.exp(shifted), [axis], true)));
}

/** Options of crossentropies. */
export interface Entropy {
  readonly from_logits: boolean;
  readonly label_smoothing?: number;
  readonly axis?: number;
}

/** Labels of 0 and 1 drawn towards 1/2. */
const smoothBinary = (op: Ops, x: Sym, by = 0): Sym => (by === 0 ? x : op.add(op.multiply(x, 1 - by), 0.5 * by));

/** One-hot labels drawn towards 1 / classes. */
function smoothClasses(op: Ops, x: Sym, by = 0): Sym {
  if (by === 0) return x;
  const classes = x.shape.at(-1) ?? fail("mismatch/shape", { source: "label_smoothing", expected: "known classes" });
  return op.add(op.multiply(x, 1 - by), by / classes);
}

/** Of each element; [same]. */
function binary(op: Ops, { yTrue, yPred, logits }: Pair, fromLogits: boolean): Sym {
  const x = logits !== undefined ? op.cast(logits, yPred.dtype) : fromLogits ? yPred : null;
  if (x === null) {
    const p = probability(op, yPred);
    const log = op.multiply(yTrue, op.log(p));
    return op.negative(op.add(log, op.multiply(op.subtract(1, yTrue), op.log(op.subtract(1, p)))));
  }
  const positive = op.greaterEqual(x, 0);
  const linear = op.subtract(op.where(positive, x, 0), op.multiply(x, yTrue));
  return op.add(linear, op.log1p(op.exp(op.where(positive, op.negative(x), x))));
}

/** mean over `axis`. */
export function binaryCrossentropyOf(op: Ops, pair: Pair, o: Entropy): Sym {
  const p = asFloats(op, pair);
  const yTrue = smoothBinary(op, p.yTrue, o.label_smoothing);
  return op.mean(binary(op, { ...p, yTrue }, o.from_logits), [o.axis ?? -1]);
}

/** The logits that `yPred` was made of, or is. */
function softmaxLogits(op: Ops, { yPred, logits }: Pair, o: Entropy): Sym | null {
  return logits !== undefined ? op.cast(logits, yPred.dtype) : o.from_logits ? yPred : null;
}

/** -Σ yTrue · log(yPred) along `axis`. */
export function categoricalCrossentropyOf(op: Ops, pair: Pair, o: Entropy): Sym {
  const p = asFloats(op, pair);
  const [axis, yTrue] = [o.axis ?? -1, smoothClasses(op, p.yTrue, o.label_smoothing)];
  const x = softmaxLogits(op, p, o);
  const share = () => op.log(probability(op, op.divide(p.yPred, op.sum(p.yPred, [axis], true))));
  return op.negative(op.sum(op.multiply(yTrue, x === null ? share() : logSoftmax(op, x, axis)), [axis]));
}

/** Of x[..., C] those at labels[...]; a label that is no class is refused when run. */
function atLabels({ op, size }: OpContext, x: Sym, labels: Sym): Sym {
  const classes = op.iota(size(x, -1), "int32");
  const known = op.gather(classes, op.cast(labels, "int32"), 0);
  return op.sum(op.where(op.equal(op.expandDims(known, [-1]), classes), x, 0), [-1]);
}

/** -log(yPred) at the class; 0 and masked out where it is `ignore_class`. */
export function sparseCategoricalCrossentropyOf(
  cx: OpContext,
  pair: Pair,
  o: Entropy & { readonly ignore_class: number | null },
  era: Era,
): Sym | Masked {
  const { op } = cx;
  const p = asFloats(op, { ...pair, yTrue: pair.yTrue });
  const rank = p.yPred.shape.length;
  const axis = o.axis ?? -1;
  if (axis !== -1 && axis !== rank - 1)
    fail("unsupported/layer", { source: "sparse_categorical_crossentropy", expected: "axis -1", found: String(axis) });
  let labels = p.yTrue;
  if (labels.shape.length === rank && labels.shape.at(-1) === 1) labels = op.squeeze(labels, [-1]);
  const valid = o.ignore_class === null ? null : op.notEqual(labels, o.ignore_class);
  if (valid !== null) labels = op.where(valid, labels, 0);
  // In Keras 3 what is put in place of the rows that do not count is no longer the softmax of anything.
  const rows =
    valid === null || (era.focusesLogits && p.logits)
      ? p
      : { ...p, yPred: op.where(op.expandDims(valid, [-1]), p.yPred, 0), logits: undefined };
  const x = softmaxLogits(op, { yTrue: labels, yPred: rows.yPred, ...(rows.logits && { logits: rows.logits }) }, o);
  const scores = x ?? op.log(probability(op, rows.yPred));
  const values = op.negative(atLabels(cx, logSoftmax(op, scores, -1), labels));
  return valid === null ? values : { values: op.where(valid, values, 0), mask: valid };
}

/** Σ yTrue · log(yTrue / yPred) along the last axis, of numbers in [1e-7, 1]. */
export function klDivergenceOf(op: Ops, pair: Pair): Sym {
  const p = asFloats(op, pair);
  const yTrue = clip(op, p.yTrue, EPSILON, 1);
  return op.sum(op.multiply(yTrue, op.log(op.divide(yTrue, clip(op, p.yPred, EPSILON, 1)))), [-1]);
}

/** mean(yPred - yTrue · log(yPred + 1e-7)) along the last axis. */
export function poissonOf(op: Ops, pair: Pair): Sym {
  const p = asFloats(op, pair);
  return op.mean(op.subtract(p.yPred, op.multiply(p.yTrue, op.log(op.add(p.yPred, EPSILON)))), [-1]);
}

const ENTROPY = { from_logits: bool(false), label_smoothing: float(0), axis: int({ default: -1 }) };

/** BinaryCrossentropy */
export const binaryCrossentropy = lossOf({
  class: "BinaryCrossentropy",
  functions: ["binary_crossentropy", "bce", "BCE"],
  config: ENTROPY,
  each: ({ op }, pair, o) => binaryCrossentropyOf(op, pair, o),
});

/** CategoricalCrossentropy: labels are one-hot. */
export const categoricalCrossentropy = lossOf({
  class: "CategoricalCrossentropy",
  functions: ["categorical_crossentropy"],
  config: ENTROPY,
  each: ({ op }, pair, o) => categoricalCrossentropyOf(op, pair, o),
});

/** SparseCategoricalCrossentropy: labels are the numbers of classes. */
export const sparseCategoricalCrossentropy = lossOf({
  class: "SparseCategoricalCrossentropy",
  functions: ["sparse_categorical_crossentropy"],
  config: { from_logits: bool(false), ignore_class: optional(int()), axis: int({ default: -1 }) },
  each: (cx, pair, o, era) => sparseCategoricalCrossentropyOf(cx, pair, o, era),
});

/** BinaryFocalCrossentropy: what is easy counts less. */
export const binaryFocalCrossentropy = lossOf({
  class: "BinaryFocalCrossentropy",
  functions: ["binary_focal_crossentropy"],
  config: { apply_class_balancing: bool(false), alpha: float(0.25), gamma: float(2), ...ENTROPY },
  each({ op }, pair, o, era) {
    const yTrue = smoothBinary(op, pair.yTrue, o.label_smoothing);
    const yPred = o.from_logits ? op.sigmoid(pair.yPred) : pair.yPred;
    const logits = o.from_logits && !(era.focusesLogits && pair.logits) ? pair.yPred : pair.logits;
    const entropy = binary(op, { yTrue, yPred, ...(logits && { logits }) }, false);
    const [other, otherPred] = [op.subtract(1, yTrue), op.subtract(1, yPred)];
    const right = op.add(op.multiply(yTrue, yPred), op.multiply(other, otherPred));
    const focal = op.multiply(op.power(op.subtract(1, right), o.gamma), entropy);
    const weight = () => op.add(op.multiply(yTrue, o.alpha), op.multiply(other, 1 - o.alpha));
    return op.mean(o.apply_class_balancing ? op.multiply(weight(), focal) : focal, [o.axis]);
  },
});

/** CategoricalFocalCrossentropy */
export const categoricalFocalCrossentropy = lossOf({
  class: "CategoricalFocalCrossentropy",
  functions: ["categorical_focal_crossentropy"],
  config: { alpha: float(0.25), gamma: float(2), ...ENTROPY },
  each({ op }, pair, o, era) {
    const yTrue = smoothClasses(op, pair.yTrue, o.label_smoothing);
    const logits = (era.focusesLogits ? pair.logits : undefined) ?? (o.from_logits ? pair.yPred : undefined);
    const given = logits === undefined ? pair.yPred : op.softmax(logits, [o.axis]);
    const p = probability(op, op.divide(given, op.sum(given, [o.axis], true)));
    const entropy = op.negative(op.multiply(yTrue, op.log(p)));
    const weight = op.multiply(op.power(op.subtract(1, p), o.gamma), o.alpha);
    return op.sum(op.multiply(weight, entropy), [o.axis]);
  },
});

/** KLDivergence */
export const klDivergence = lossOf({
  class: "KLDivergence",
  functions: ["kl_divergence", "kld", "KLD", "kullback_leibler_divergence"],
  name: "kl_divergence",
  config: {},
  each: ({ op }, pair) => klDivergenceOf(op, pair),
});

/** Poisson */
export const poisson = lossOf({
  class: "Poisson",
  functions: ["poisson"],
  config: {},
  each: ({ op }, pair) => poissonOf(op, pair),
});

/** CategoricalGeneralizedCrossEntropy, for labels with noise: classes as numbers, 0 < q < 1. */
export const categoricalGeneralizedCrossEntropy = lossOf({
  class: "CategoricalGeneralizedCrossEntropy",
  functions: ["categorical_generalized_cross_entropy"],
  config: { q: float(0.5) },
  each(cx, { yTrue, yPred }, { q }) {
    if (!(q > 0 && q < 1))
      fail("malformed/config", { path: "CategoricalGeneralizedCrossEntropy.q", expected: "0 < q < 1", found: `${q}` });
    const { op } = cx;
    return op.divide(op.subtract(1, op.power(atLabels(cx, yPred, yTrue), q)), q);
  },
});
