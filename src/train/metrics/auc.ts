/** The area under a curve over thresholds. Source: keras/src/metrics/confusion_metrics.py (`AUC`). */
import { JsonNumber } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import { bool, choice, field, int, optional } from "../../layers/fields.ts";
import type { Ops } from "../../ops/builder.ts";
import type { Shape, Sym } from "../../ops/types.ts";
import { floatDType } from "../declare.ts";
import { divideNoNan, EPSILON } from "../losses/shared.ts";
import {
  addCounts,
  areEven,
  type Counts,
  type ConfusionCut,
  evenly,
  keptCounts,
  thresholdsField,
} from "./confusion.ts";
import { metricOf } from "./shared.ts";

const numbers = optional(
  field<readonly number[], readonly number[], undefined>({
    expected: "a list of numbers",
    initial: undefined,
    read(node) {
      const all = Array.isArray(node) ? node : [node];
      const read = all.flatMap((n) => (n instanceof JsonNumber ? [n.value] : []));
      return read.length === all.length ? read : undefined;
    },
    toJson: (value) => value.map((n) => JsonNumber.of(n, "float")),
  }),
);

const ALL = ["tp", "fp", "tn", "fn"] as const;

interface AucOptions {
  readonly num_thresholds: number;
  readonly thresholds: readonly number[] | null;
  readonly curve: "ROC" | "PR" | "PRGAIN";
  readonly summation_method: "interpolation" | "minoring" | "majoring";
  readonly multi_label: boolean;
  readonly num_labels: number | null;
  readonly label_weights: readonly number[] | null;
}

function cutOf(c: AucOptions): ConfusionCut {
  const inner = c.thresholds === null ? evenly(c.num_thresholds).slice(1, -1) : [...c.thresholds].sort((a, b) => a - b);
  return {
    thresholds: [-EPSILON, ...inner, 1 + EPSILON],
    isEven: c.thresholds === null || areEven([0, ...inner, 1]),
    perLabel: c.multi_label,
    labelWeights: c.multi_label ? null : c.label_weights,
  };
}

function stateShape(c: AucOptions, yPred: Shape): readonly number[] {
  const n = cutOf(c).thresholds.length;
  if (!c.multi_label) return [n];
  const labels = c.num_labels ?? (yPred.length === 2 ? yPred[1] : null);
  return [n, labels ?? fail("mismatch/shape", { source: "AUC", expected: "predictions [B, labels]", found: `rank ${yPred.length}` })]; // prettier-ignore
}

/** Along the first axis: all but the last, and all but the first. */
const halves = (op: Ops, x: Sym): readonly [Sym, Sym] => [
  op.slice(x, [{ axis: 0, start: 0, stop: -1, step: 1 }]),
  op.slice(x, [{ axis: 0, start: 1, stop: null, step: 1 }]),
];

const ratio = (op: Ops, a: Sym, b: Sym): Sym => divideNoNan(op, a, op.add(a, b));

/** Precision over recall, between thresholds as Davis and Goadrich interpolate it. */
function precisionRecall(op: Ops, { tp, fp, fn }: Counts): Sym {
  const [tpBefore, tpAfter] = halves(op, tp);
  const [before, after] = halves(op, op.add(tp, fp));
  const gained = op.subtract(tpBefore, tpAfter);
  const slope = divideNoNan(op, gained, op.maximum(op.subtract(before, after), 0));
  const start = op.subtract(tpAfter, op.multiply(slope, after));
  const both = op.logicalAnd(op.greater(before, 0), op.greater(after, 0));
  const part = op.where(both, divideNoNan(op, before, op.maximum(after, 0)), 1);
  const area = op.multiply(slope, op.add(gained, op.multiply(start, op.log(part))));
  return divideNoNan(op, area, op.maximum(op.add(tpAfter, halves(op, fn)[1]), 0));
}

/** The curve's points. */
function points(op: Ops, { tp, fp, tn, fn }: Counts, curve: AucOptions["curve"]): readonly [Sym, Sym] {
  const recall = ratio(op, tp, fn);
  if (curve === "ROC") return [ratio(op, fp, tn), recall];
  if (curve === "PR") return [recall, ratio(op, tp, fp)];
  const scale = divideNoNan(op, op.add(tp, fn), op.add(tn, fp));
  const gain = (missed: Sym, none: number) =>
    op.where(op.equal(tp, 0), none, op.subtract(1, op.multiply(scale, divideNoNan(op, missed, tp))));
  return [op.maximum(gain(fn, 0), 0), gain(fp, 1)];
}

function areas(op: Ops, counts: Counts, c: AucOptions): Sym {
  if (c.curve === "PR" && c.summation_method === "interpolation") return precisionRecall(op, counts);
  const [x, y] = points(op, counts, c.curve);
  const [[xa, xb], [ya, yb]] = [halves(op, x), halves(op, y)];
  const heights = {
    interpolation: () => op.divide(op.add(ya, yb), 2),
    minoring: () => op.minimum(ya, yb),
    majoring: () => op.maximum(ya, yb),
  };
  return op.multiply(op.subtract(xa, xb), heights[c.summation_method]());
}

/** AUC: of the curves ROC, PR and PRGAIN. */
export const auc = metricOf({
  class: "AUC",
  direction: "up",
  config: {
    num_thresholds: int({ min: 2, default: 200 }),
    curve: curveField(),
    summation_method: choice(["interpolation", "minoring", "majoring"], "interpolation"),
    thresholds: thresholdsField,
    multi_label: bool(false),
    num_labels: optional(int({ min: 1 })),
    label_weights: numbers,
    from_logits: bool(false),
    dtype: floatDType,
  },
  check(c) {
    if (c.num_labels !== null && !c.multi_label)
      fail("malformed/config", {
        path: "AUC.num_labels",
        expected: "none without multiLabel",
        found: `${c.num_labels}`,
      });
  },
  states: (c, _, yPred) => keptCounts(ALL, stateShape(c, yPred)),
  update(cx, compared, states, c) {
    const yPred = c.from_logits ? cx.op.sigmoid(compared.yPred) : compared.yPred;
    return addCounts(cx, { ...compared, yPred }, cutOf(c), ALL, states);
  },
  result({ op }, [tp, fp, tn, fn], c) {
    const all = areas(op, { tp: tp!, fp: fp!, tn: tn!, fn: fn! }, c);
    if (!c.multi_label) return op.sum(all);
    const byLabel = op.sum(all, [0]);
    if (c.label_weights === null) return op.mean(byLabel);
    const weights = op.array(c.label_weights, [c.label_weights.length], "float32");
    return divideNoNan(op, op.sum(op.multiply(byLabel, weights)), op.sum(weights));
  },
});

function curveField() {
  const words = ["ROC", "PR", "PRGAIN"] as const;
  return field<AucOptions["curve"], AucOptions["curve"], "ROC">({
    expected: `one of ${words.join(", ")}`,
    initial: "ROC",
    read: (node) => words.find((word) => typeof node === "string" && word === node.toUpperCase()),
    toJson: (value) => value,
  });
}
