/**
 * Gradients as TensorFlow hands them to Keras's optimizers. That of a table of which rows are taken, and nothing else is
 * done with it, is a list of rows, one for each that was taken; what a function of single numbers makes of it, it makes of
 * each, and only then are those of one row summed. Source: keras/src/backend/tensorflow/sparse.py (`elementwise_unary`).
 */
import type { Rows } from "../../graph/gradients.ts";
import type { Ops } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";

/** `rows` add up to `sum`; without them it is one array. */
export interface WeightGradient {
  readonly sum: Sym;
  readonly rows?: readonly Rows[] | undefined;
}

/** What f, a function of single numbers, makes of a gradient, summed. */
export function mapGradient(op: Ops, { sum, rows }: WeightGradient, f: (x: Sym) => Sym): Sym {
  if (rows === undefined) return f(sum);
  return rows
    .map(({ indices, values }) => op.scatterAdd(indices, f(values), 0, sum.shape[0] as number))
    .reduce((a, b) => op.add(a, b));
}

/** The gradient whose numbers are those that f makes. */
export const mapped = (op: Ops, gradient: WeightGradient, f: (x: Sym) => Sym): WeightGradient => ({
  sum: mapGradient(op, gradient, f),
  rows: gradient.rows?.map(({ indices, values }) => ({ indices, values: f(values) })),
});
