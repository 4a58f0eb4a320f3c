/** Shares of what is right. Source: keras/src/metrics/accuracy_metrics.py. */
import { bool, float, int } from "../../layers/fields.ts";
import type { OpContext } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";
import { fitted, type Pair } from "../losses/shared.ts";
import { meanOf } from "./shared.ts";

const direction = "up" as const;

/** Accuracy: how often predictions equal labels. */
export const accuracy = meanOf({
  class: "Accuracy",
  config: {},
  direction,
  each({ op }, { yTrue, yPred }) {
    const pair = fitted(op, { yTrue: op.cast(yTrue, yPred.dtype), yPred });
    return op.equal(pair.yTrue, pair.yPred);
  },
});

/** BinaryAccuracy: of what is above `threshold`. */
export const binaryAccuracy = meanOf({
  class: "BinaryAccuracy",
  config: { threshold: float(0.5) },
  direction,
  each({ op }, given, { threshold }) {
    const { yTrue, yPred } = fitted(op, given);
    return op.equal(yTrue, op.cast(op.greater(yPred, Math.fround(threshold)), yTrue.dtype));
  },
});

/** CategoricalAccuracy: labels are one-hot. */
export const categoricalAccuracy = meanOf({
  class: "CategoricalAccuracy",
  config: {},
  direction,
  each: ({ op }, { yTrue, yPred }) => op.equal(op.argmax(yTrue, -1), op.argmax(yPred, -1)),
});

/** SparseCategoricalAccuracy: labels are the numbers of classes. */
export const sparseCategoricalAccuracy = meanOf({
  class: "SparseCategoricalAccuracy",
  config: {},
  direction,
  each({ op }, { yTrue, yPred }) {
    const isWide = yTrue.shape.length === yPred.shape.length && yTrue.shape.at(-1) === 1;
    const labels = op.cast(isWide ? op.squeeze(yTrue, [-1]) : yTrue, yPred.dtype);
    return op.equal(labels, op.cast(op.argmax(yPred, -1), yPred.dtype));
  },
});

/** Whether the prediction for the label is among the k largest; more of them where some are equal. */
function inTop({ op, size }: OpContext, { yTrue, yPred }: Pair, k: number): Sym {
  const isWide = yTrue.shape.length === yPred.shape.length && yTrue.shape.at(-1) === 1;
  const labels = op.cast(isWide ? op.squeeze(yTrue, [-1]) : yTrue, "int32");
  const hot = op.equal(op.expandDims(labels, [-1]), op.iota(size(yPred, -1), "int32"));
  const wanted = op.sum(op.where(hot, yPred, 0), [-1], true);
  const larger = op.sum(op.cast(op.greater(yPred, wanted), "int32"), [-1]);
  const known = op.logicalAnd(op.any(hot, [-1]), op.isFinite(op.squeeze(wanted, [-1])));
  const found = op.logicalAnd(op.less(larger, k), known);
  return isWide ? op.expandDims(found, [-1]) : found;
}

/** TopKCategoricalAccuracy */
export const topKCategoricalAccuracy = meanOf({
  class: "TopKCategoricalAccuracy",
  functions: ["top_k_categorical_accuracy"],
  name: "top_k_categorical_accuracy",
  config: { k: int({ default: 5 }) },
  direction,
  each: (cx, { yTrue, yPred }, { k }) => inTop(cx, { yTrue: cx.op.argmax(yTrue, -1), yPred }, k),
});

/** SparseTopKCategoricalAccuracy; `fromSortedIds`: predictions are classes, the likeliest first. */
export const sparseTopKCategoricalAccuracy = meanOf({
  class: "SparseTopKCategoricalAccuracy",
  functions: ["sparse_top_k_categorical_accuracy"],
  name: "sparse_top_k_categorical_accuracy",
  config: { k: int({ default: 5 }), from_sorted_ids: bool(false) },
  direction,
  each(cx, pair, { k, from_sorted_ids: areIds }) {
    const { op } = cx;
    if (!areIds) return inTop(cx, pair, k);
    const first = op.slice(pair.yPred, [{ axis: -1, start: 0, stop: k, step: 1 }]);
    return op.any(op.equal(op.expandDims(op.cast(pair.yTrue, first.dtype), [-1]), first), [-1]);
  },
});
