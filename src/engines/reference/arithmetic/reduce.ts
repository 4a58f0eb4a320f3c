/** Many elements to one: sum, mean, prod, max, min, any, all, argmax, argmin. */
import { each } from "../../../ops/define.ts";
import type { ARG_REDUCE, REDUCE, REDUCE_BOOL } from "../../../ops/signatures.ts";
import { offsetsOf, stridesOf } from "../../../ops/strided.ts";
import type { Nd } from "../../../ops/types.ts";
import { multiplyIn } from "./numbers.ts";
import type { Computation } from "./types.ts";

interface Fold {
  readonly start: number;
  readonly step: (total: number, x: number) => number;
  readonly end?: (total: number, count: number) => number;
}

const add = (a: number, b: number): number => a + b;

const FOLDS: Record<(typeof REDUCE)[number], Fold> = {
  sum: { start: 0, step: add },
  mean: { start: 0, step: add, end: (total, count) => total / count },
  prod: { start: 1, step: (a, b) => a * b },
  max: { start: -Infinity, step: Math.max },
  min: { start: Infinity, step: Math.min },
};

const BOOL_FOLDS: Record<(typeof REDUCE_BOOL)[number], Fold> = {
  any: { start: 0, step: (a, b) => (a !== 0 || b !== 0 ? 1 : 0) },
  all: { start: 1, step: (a, b) => (a !== 0 && b !== 0 ? 1 : 0) },
};

/** Whether a number takes the place of the best so far; the first of equals stays. */
/** NaN is never chosen, as by TensorFlow. */
interface Choice {
  readonly start: number;
  readonly better: (x: number, best: number) => boolean;
}

const BETTER: { readonly [N in (typeof ARG_REDUCE)[number]]: Choice } = {
  argmax: { start: -Infinity, better: (x, best) => x > best },
  argmin: { start: Infinity, better: (x, best) => x < best },
};

/** Offsets of the kept elements and, from each, of those that fold into it. */
function split(x: Nd, axes: readonly number[]): { kept: Float64Array; folded: Float64Array } {
  const strides = stridesOf(x.shape);
  const others = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return { kept: offsetsOf(x.shape, strides, others), folded: offsetsOf(x.shape, strides, axes) };
}

const fold =
  ({ start, step, end }: Fold, name: string): Computation<(typeof REDUCE)[number] | (typeof REDUCE_BOOL)[number]> =>
  ({ x }, { axes }, { y }, dtypes) => {
    const { kept, folded } = split(x, axes);
    const combine = name === "prod" ? multiplyIn(dtypes.y) : step;
    for (let i = 0; i < kept.length; i++) {
      let total = start;
      for (let j = 0; j < folded.length; j++) total = combine(total, x.data[kept[i]! + folded[j]!]!);
      y.data[i] = end === undefined ? total : end(total, folded.length);
    }
  };

const arg =
  ({ better, start }: Choice): Computation<(typeof ARG_REDUCE)[number]> =>
  ({ x }, { axis }, { y }) => {
    const { kept, folded } = split(x, [axis]);
    for (let i = 0; i < kept.length; i++) {
      let best = start;
      y.data[i] = 0;
      for (let j = 0; j < folded.length; j++) {
        const value = x.data[kept[i]! + folded[j]!]!;
        if (better(value, best)) [best, y.data[i]] = [value, j];
      }
    }
  };

/** Of the operations that make one element of all along some axes. */
export const reductions = { ...each(FOLDS, fold), ...each(BOOL_FOLDS, fold), ...each(BETTER, arg) };
