/**
 * Right and wrong ones above and below thresholds. What is above: p > threshold, or, of evenly spread thresholds, by the
 * bucket that p falls into. Sources: keras/src/metrics/{metrics_utils,confusion_metrics}.py.
 */
import { listOf } from "../../core/list.ts";
import { JsonNumber } from "../../codecs/json.ts";
import { type Field, field, optional } from "../../layers/fields.ts";
import type { OpContext, Ops } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";
import { sameRank } from "../losses/shared.ts";
import type { Compared, Kept } from "../types.ts";

/** Shares: one number, or a list. */
export const thresholdsField: Field<readonly number[] | null, number | readonly number[] | null> = optional(
  field<readonly number[], number | readonly number[], undefined>({
    expected: "a number from 0 to 1, or a list of them",
    initial: undefined,
    read(node) {
      const all = Array.isArray(node) ? node : [node];
      const numbers = all.flatMap((n) => (n instanceof JsonNumber && n.value >= 0 && n.value <= 1 ? [n.value] : []));
      return numbers.length === all.length && all.length > 0 ? numbers : undefined;
    },
    toJson: (value) =>
      typeof value === "number" ? JsonNumber.of(value, "float") : value.map((n) => JsonNumber.of(n, "float")),
  }),
);

/** Whether thresholds are k / (n - 1), nearly. */
export function areEven(thresholds: readonly number[]): boolean {
  const last = thresholds.length - 1;
  return last > 1 && thresholds.every((t, i) => Math.abs(t - i / last) <= 1e-7 + 1e-5 * (i / last));
}

/** n thresholds from 0 to 1. */
export const evenly = (n: number): readonly number[] => listOf(n, (i) => i / (n - 1));

/** Counts at each threshold. */
export interface Counts {
  readonly tp: Sym;
  readonly fp: Sym;
  readonly tn: Sym;
  readonly fn: Sym;
}

/** How predictions are compared. */
export interface ConfusionCut {
  readonly thresholds: readonly number[];
  readonly isEven: boolean;
  readonly topK?: number | null;
  readonly classId?: number | null;
  /** Counts for each label, [thresholds, labels]. */
  readonly perLabel?: boolean;
  readonly labelWeights?: readonly number[] | null;
}

/** What does not count among the largest. */
const LOWEST = -1e10;

/** The k largest of each row, the first of equals, and `LOWEST` for the others. */
function largest(op: Ops, x: Sym, k: number): Sym {
  const last = op.take(op.sort(x, -1, true), -1, k - 1);
  const border = op.expandDims(last, [-1]);
  const above = op.greater(x, border);
  const equal = op.equal(x, border);
  const room = op.subtract(k, op.sum(op.cast(above, "int32"), [-1], true));
  const chosen = op.logicalAnd(equal, op.lessEqual(op.cumsum(op.cast(equal, "int32"), -1), room));
  return op.where(op.logicalOr(above, chosen), x, LOWEST);
}

/** Whether each of x[...] is above each threshold: [thresholds, ...]. */
function above(op: Ops, x: Sym, { thresholds, isEven }: ConfusionCut): Sym {
  const n = thresholds.length;
  const axes = x.shape.map((_, i) => i + 1);
  const all = op.expandDims(x, [0]);
  if (!isEven) return op.greater(all, op.expandDims(op.array(thresholds, [n], "float32"), axes));
  const inside = op.maximum(op.minimum(all, 1), 0);
  const bucket = op.subtract(op.ceil(op.multiply(inside, n - 1)), 1);
  const isWide = thresholds[0]! < 0 || thresholds[n - 1]! > 1;
  const place = op.expandDims(op.iota(n, "float32"), axes);
  return op.greaterEqual(isWide ? op.maximum(bucket, 0) : bucket, place);
}

/** Weighted counts of a batch. */
export function countsOf({ op, size }: OpContext, compared: Compared, cut: ConfusionCut): Counts {
  const [p, t] = sameRank(op, op.cast(compared.yPred, "float32"), op.cast(compared.yTrue, "float32"));
  const weight =
    compared.sampleWeight && sameRank(op, t, op.expandDims(op.cast(compared.sampleWeight, "float32"), [-1]), false)[1];
  const best = cut.topK === null || cut.topK === undefined ? p : largest(op, p, cut.topK);
  const id = cut.classId ?? null;
  const pick = (x: Sym) => (id === null ? x : op.slice(x, [{ axis: -1, start: id, stop: id + 1, step: 1 }]));
  const [x, y] = [pick(best), pick(t)];
  const wide = (v: Sym) =>
    op.broadcastTo(
      v,
      x.shape.map((_, i) => size(x, i)),
    );
  const flat = (v: Sym) => (cut.perLabel === true ? v : op.reshape(v, [-1]));
  const labels = cut.labelWeights ?? null;
  const factors = [
    ...(weight === undefined ? [] : [wide(weight)]),
    ...(labels === null ? [] : [wide(op.array(labels, [1, labels.length], "float32"))]),
  ].map(flat);
  const isTrue = op.cast(flat(op.notEqual(y, 0)), "float32");
  const weighted = (v: Sym) => factors.reduce((a, b) => op.multiply(a, b), v);
  const [right, wrong] = [weighted(isTrue), weighted(op.subtract(1, isTrue))];
  const positive = above(op, flat(x), cut);
  const total = (v: Sym, held: Sym) => op.sum(op.where(held, op.expandDims(v, [0]), 0), [1]);
  const negative = op.logicalNot(positive);
  return {
    tp: total(right, positive),
    fp: total(wrong, positive),
    tn: total(wrong, negative),
    fn: total(right, negative),
  };
}

const NAMES = {
  tp: "true_positives",
  fp: "false_positives",
  tn: "true_negatives",
  fn: "false_negatives",
} as const;

/** States for some of the counts. */
export const keptCounts = (which: readonly (keyof Counts)[], shape: readonly number[]): readonly Kept[] =>
  which.map((key) => ({ name: NAMES[key], shape }));

/** The states after a batch. */
export function addCounts(
  cx: OpContext,
  compared: Compared,
  cut: ConfusionCut,
  which: readonly (keyof Counts)[],
  states: readonly Sym[],
): readonly Sym[] {
  const counts = countsOf(cx, compared, cut);
  return which.map((key, i) => cx.op.add(states[i]!, counts[key]));
}
