/** Counts and rates of right and wrong ones. Source: keras/src/metrics/confusion_metrics.py. */
import { JsonNumber } from "../../codecs/json.ts";
import { field, int, optional } from "../../layers/fields.ts";
import type { Ops } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";
import { floatDType } from "../declare.ts";
import { divideNoNan } from "../losses/shared.ts";
import {
  addCounts,
  areEven,
  type Counts,
  countsOf,
  type ConfusionCut,
  evenly,
  keptCounts,
  thresholdsField,
} from "./confusion.ts";
import { metricOf } from "./shared.ts";

const single = (op: Ops, x: Sym): Sym => (x.shape[0] === 1 ? op.squeeze(x, [0]) : x);

const cutAt = (thresholds: readonly number[]): ConfusionCut => ({ thresholds, isEven: areEven(thresholds) });

const countOf = (name: string, which: keyof Counts) =>
  metricOf({
    class: name,
    config: { thresholds: thresholdsField, dtype: floatDType },
    states: (c) => [{ name: "accumulator", shape: [(c.thresholds ?? [0.5]).length] }],
    update: (cx, compared, [before], c) => [
      cx.op.add(before!, countsOf(cx, compared, cutAt(c.thresholds ?? [0.5]))[which]),
    ],
    result: ({ op }, [count]) => single(op, count!),
  });

/** TruePositives */
export const truePositives = countOf("TruePositives", "tp");
/** TrueNegatives */
export const trueNegatives = countOf("TrueNegatives", "tn");
/** FalsePositives */
export const falsePositives = countOf("FalsePositives", "fp");
/** FalseNegatives */
export const falseNegatives = countOf("FalseNegatives", "fn");

interface Chosen {
  readonly thresholds: readonly number[] | null;
  readonly top_k: number | null;
  readonly class_id: number | null;
}

function cutOf(c: Chosen): ConfusionCut {
  const thresholds = c.thresholds ?? [c.top_k === null ? 0.5 : -1e10];
  return { ...cutAt(thresholds), topK: c.top_k, classId: c.class_id };
}

/** a / (a + b): of what is counted first. */
const rateOf = (name: string, which: readonly [keyof Counts, keyof Counts]) =>
  metricOf({
    class: name,
    direction: "up",
    config: {
      thresholds: thresholdsField,
      top_k: optional(int({ min: 1 })),
      class_id: optional(int({ min: 0 })),
      dtype: floatDType,
    },
    states: (c) => keptCounts(which, [cutOf(c).thresholds.length]),
    update: (cx, compared, states, c) => addCounts(cx, compared, cutOf(c), which, states),
    result: ({ op }, [a, b]) => single(op, divideNoNan(op, a!, op.add(a!, b!))),
  });

/** Precision: the share of positives that are right. */
export const precision = rateOf("Precision", ["tp", "fp"]);
/** Recall: the share of what is positive that is found. */
export const recall = rateOf("Recall", ["tp", "fn"]);

const share = field<number, number, undefined>({
  expected: "a number from 0 to 1",
  initial: undefined,
  read: (node) => (node instanceof JsonNumber && node.value >= 0 && node.value <= 1 ? node.value : undefined),
  toJson: (value) => JsonNumber.of(value, "float"),
});

const ALL = ["tp", "fp", "tn", "fn"] as const;

const ratio = (op: Ops, a: Sym, b: Sym): Sym => divideNoNan(op, a, op.add(a, b));
const RATES = {
  sensitivity: (op: Ops, c: Counts) => ratio(op, c.tp, c.fn),
  specificity: (op: Ops, c: Counts) => ratio(op, c.tn, c.fp),
  precision: (op: Ops, c: Counts) => ratio(op, c.tp, c.fp),
  recall: (op: Ops, c: Counts) => ratio(op, c.tp, c.fn),
} as const;

/** The best of one rate over thresholds where another is at least so high. */
const bestOf = <const K extends keyof typeof RATES>(name: string, of: keyof typeof RATES, at: K) => {
  const cut = (c: { readonly num_thresholds: number; readonly class_id: number | null }): ConfusionCut => ({
    thresholds: c.num_thresholds === 1 ? [0.5] : evenly(c.num_thresholds),
    isEven: c.num_thresholds > 1,
    classId: c.class_id,
  });
  return metricOf({
    class: name,
    direction: "up",
    config: {
      num_thresholds: int({ min: 1, default: 200 }),
      class_id: optional(int({ min: 0 })),
      dtype: floatDType,
      ...({ [at]: share } as { readonly [key in K]: typeof share }),
    },
    states: (c) => keptCounts(ALL, [cut(c as never).thresholds.length]),
    update: (cx, compared, states, c) => addCounts(cx, compared, cut(c as never), ALL, states),
    result({ op }, [tp, fp, tn, fn], c) {
      const counts = { tp: tp!, fp: fp!, tn: tn!, fn: fn! };
      const floor = (c as { readonly [key: string]: unknown })[at] as number;
      const held = op.greaterEqual(RATES[at](op, counts), Math.fround(floor));
      return op.max(op.where(held, RATES[of](op, counts), 0));
    },
  });
};

/** SensitivityAtSpecificity */
export const sensitivityAtSpecificity = bestOf("SensitivityAtSpecificity", "sensitivity", "specificity");
/** SpecificityAtSensitivity */
export const specificityAtSensitivity = bestOf("SpecificityAtSensitivity", "specificity", "sensitivity");
/** PrecisionAtRecall */
export const precisionAtRecall = bestOf("PrecisionAtRecall", "precision", "recall");
/** RecallAtPrecision */
export const recallAtPrecision = bestOf("RecallAtPrecision", "recall", "precision");
