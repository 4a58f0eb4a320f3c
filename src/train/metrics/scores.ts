/** Scores of classes and of regressions. Sources: keras/src/metrics/{f_score_metrics,regression_metrics}.py. */
import { JsonNumber } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import { type Field, field, int, optional } from "../../layers/fields.ts";
import type { OpContext } from "../../ops/builder.ts";
import type { Shape, Sym } from "../../ops/types.ts";
import { floatDType } from "../declare.ts";
import { asFloats, EPSILON, fitted } from "../losses/shared.ts";
import type { Compared, Kept } from "../types.ts";
import { metricOf } from "./shared.ts";

/** The length of predictions [B, n]; of labels where the model does not say. */
function columns(source: string, shape: Shape, labels: Shape): number {
  const n = shape.length === 2 ? (shape[1] ?? labels[1]) : null;
  return n ?? fail("mismatch/shape", { source, expected: "two axes, the last known", found: showShape(shape) });
}

/** One of some words, or null. */
const words = <const V extends string>(values: readonly V[], initial: V | null): Field<V | null, V | null> =>
  field<V | null, V | null, V | null>({
    expected: `one of ${values.join(", ")}, or null`,
    initial,
    read: (node) => (node === null ? null : values.find((word) => word === node)),
    toJson: (value) => value,
  });

const above = (low: number, high: number, initial: number | undefined) =>
  field<number, number, number | undefined>({
    expected: `a number above ${low}${high < Infinity ? `, at most ${high}` : ""}`,
    initial,
    read: (node) => (node instanceof JsonNumber && node.value > low && node.value <= high ? node.value : undefined),
    toJson: (value) => JsonNumber.of(value, "float"),
  });

const FBETA = {
  average: words(["micro", "macro", "weighted"], null),
  threshold: optional(above(0, 1, undefined)),
  dtype: floatDType,
};

interface FBeta {
  readonly average: "micro" | "macro" | "weighted" | null;
  readonly threshold: number | null;
}

const FBETA_STATES = ["true_positives", "false_positives", "false_negatives", "intermediate_weights"];

function fBetaUpdate({ op }: OpContext, given: Compared, states: readonly Sym[], c: FBeta): readonly Sym[] {
  const { yTrue, yPred } = asFloats(op, given);
  const best = () => op.logicalAnd(op.greaterEqual(yPred, op.max(yPred, [-1], true)), op.greater(op.abs(yPred), 1e-9));
  const p = op.cast(c.threshold === null ? best() : op.greater(yPred, Math.fround(c.threshold)), "float32");
  const t = op.cast(yTrue, "float32");
  const weight = given.sampleWeight && op.expandDims(op.cast(given.sampleWeight, "float32"), [1]);
  const sum = (x: Sym) => op.sum(weight ? op.multiply(x, weight) : x, c.average === "micro" ? null : [0]);
  const missed = op.multiply(op.subtract(1, p), t);
  const added = [op.multiply(p, t), op.multiply(p, op.subtract(1, t)), missed, t].map(sum);
  return states.map((state, i) => op.add(state, added[i]!));
}

function fBetaResult({ op }: OpContext, states: readonly Sym[], c: FBeta, beta: number): Sym {
  const [tp, fp, fn, all] = states as readonly [Sym, Sym, Sym, Sym];
  const rate = (other: Sym) => op.divide(tp, op.add(op.add(tp, other), EPSILON));
  const [precision, recall] = [rate(fp), rate(fn)];
  const below = op.add(op.add(op.multiply(precision, beta ** 2), recall), EPSILON);
  const score = op.multiply(op.divide(op.multiply(precision, recall), below), 1 + beta ** 2);
  if (c.average === null) return score;
  if (c.average !== "weighted") return op.mean(score);
  return op.sum(op.multiply(score, op.divide(all, op.add(op.sum(all), EPSILON))));
}

const fBetaStates = (c: FBeta, yTrue: Shape, yPred: Shape): readonly Kept[] => {
  const n = columns("FBetaScore", yPred, yTrue);
  return FBETA_STATES.map((name) => ({ name, shape: c.average === "micro" ? [] : [n] }));
};

/** FBetaScore: recall counts `beta` times as much as precision. */
export const fBetaScore = metricOf({
  class: "FBetaScore",
  name: "fbeta_score",
  direction: "up",
  config: { ...FBETA, beta: { ...above(0, Infinity, 1), required: false } },
  states: (c, yTrue, yPred) => fBetaStates(c, yTrue, yPred),
  update: fBetaUpdate,
  result: (cx, states, c) => fBetaResult(cx, states, c, c.beta),
});

/** F1Score */
export const f1Score = metricOf({
  class: "F1Score",
  name: "f1_score",
  direction: "up",
  config: FBETA,
  states: (c, yTrue, yPred) => fBetaStates(c, yTrue, yPred),
  update: fBetaUpdate,
  result: (cx, states, c) => fBetaResult(cx, states, c, 1),
});

/** R2Score: the share of variance that is explained. */
export const r2Score = metricOf({
  class: "R2Score",
  name: "r2_score",
  direction: "up",
  config: {
    class_aggregation: words(["uniform_average", "variance_weighted_average"], "uniform_average"),
    num_regressors: int({ min: 0, default: 0 }),
    dtype: floatDType,
  },
  states(_, yTrue, yPred) {
    const n = columns("R2Score", yTrue.length === 1 ? yPred : yTrue, yPred);
    const perColumn = ["squared_sum", "sum", "residual", "count"].map((name) => ({ name, shape: [n] }));
    return [{ name: "num_samples", shape: [] }, ...perColumn];
  },
  update({ op, size }, given, states) {
    const { yTrue, yPred } = fitted(op, asFloats(op, given));
    const shape = yTrue.shape.map((_, i) => size(yTrue, i));
    const weight = given.sampleWeight && op.cast(given.sampleWeight, "float32");
    const w = weight?.shape.length === 1 ? op.expandDims(weight, [1]) : weight;
    const ones = op.full(shape, 1, "float32");
    const spread = w === undefined ? ones : op.broadcastTo(w, shape);
    const weighted = op.multiply(yTrue, spread);
    const error = op.multiply(op.square(op.subtract(yTrue, yPred)), spread);
    const added = [op.multiply(yTrue, weighted), weighted, error, spread].map((x) => op.sum(x, [0]));
    return states.map((state, i) => op.add(state, i === 0 ? op.sum(ones) : added[i - 1]!));
  },
  result({ op }, states, c) {
    const [samples, squares, sum, error, count] = states as readonly [Sym, Sym, Sym, Sym, Sym];
    const total = op.subtract(squares, op.multiply(sum, op.divide(sum, count)));
    const raw = op.subtract(1, op.divide(error, total));
    const scores = op.where(op.isInf(raw), 0, raw);
    const weighted = () => op.divide(op.sum(op.multiply(total, scores)), op.sum(total));
    const kinds = { uniform_average: () => op.mean(scores), variance_weighted_average: weighted };
    const score = c.class_aggregation === null ? scores : kinds[c.class_aggregation]();
    if (c.num_regressors === 0) return score;
    const free = op.subtract(samples, c.num_regressors + 1);
    const adjusted = op.divide(op.multiply(op.subtract(1, score), op.subtract(samples, 1)), free);
    return op.where(op.greater(free, 0), op.subtract(1, adjusted), score);
  },
});
