/** Losses of margins; labels are -1 and 1, or 0 and 1 where all are. Source: keras/src/losses/losses.py. */
import type { Ops } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";
import { asFloats, lossOf, type Pair } from "./shared.ts";

function signs(op: Ops, yTrue: Sym): Sym {
  const binary = op.all(op.logicalOr(op.equal(yTrue, 0), op.equal(yTrue, 1)));
  return op.where(binary, op.subtract(op.multiply(yTrue, 2), 1), yTrue);
}

function below(op: Ops, pair: Pair): Sym {
  const { yTrue, yPred } = asFloats(op, pair);
  return op.maximum(op.subtract(1, op.multiply(signs(op, yTrue), yPred)), 0);
}

/** mean(max(1 - yTrue · yPred, 0)) along the last axis. */
export const hingeOf = (op: Ops, pair: Pair): Sym => op.mean(below(op, pair), [-1]);
/** The same of squares. */
export const squaredHingeOf = (op: Ops, pair: Pair): Sym => op.mean(op.square(below(op, pair)), [-1]);

/** max(1 + the largest of the wrong ones - the right one, 0) along the last axis. */
export function categoricalHingeOf(op: Ops, pair: Pair): Sym {
  const { yTrue, yPred } = asFloats(op, pair);
  const right = op.sum(op.multiply(yTrue, yPred), [-1]);
  const wrong = op.max(op.multiply(op.subtract(1, yTrue), yPred), [-1]);
  return op.maximum(op.add(op.subtract(wrong, right), 1), 0);
}

/** Hinge */
export const hinge = lossOf({
  class: "Hinge",
  functions: ["hinge"],
  config: {},
  each: ({ op }, pair) => hingeOf(op, pair),
});

/** SquaredHinge */
export const squaredHinge = lossOf({
  class: "SquaredHinge",
  functions: ["squared_hinge"],
  config: {},
  each: ({ op }, pair) => squaredHingeOf(op, pair),
});

/** CategoricalHinge */
export const categoricalHinge = lossOf({
  class: "CategoricalHinge",
  functions: ["categorical_hinge"],
  config: {},
  each: ({ op }, pair) => categoricalHingeOf(op, pair),
});
