/** Many elements to one: sum, mean, prod, max, min, any, all, argmax, argmin. */
import type { DType } from "../core/dtype.ts";
import type { ARG_REDUCE, REDUCE, REDUCE_BOOL } from "./builder.ts";
import { primitive } from "./define.ts";
import { anything, bools, floats, numbers, type Operands } from "./dtypes.ts";
import { checkAxes, checkAxis, withAxis, withoutAxis } from "./shapes.ts";
import { offsetsOf, stridesOf } from "./strided.ts";
import type { Nd, Primitive } from "./types.ts";

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
const BETTER: Record<(typeof ARG_REDUCE)[number], (x: number, best: number) => boolean> = {
  argmax: (x, best) => x > best,
  argmin: (x, best) => x < best,
};

/** Offsets of the kept elements and, from each, of those that fold into it. */
function split(x: Nd, axes: readonly number[]): { kept: Float64Array; folded: Float64Array } {
  const strides = stridesOf(x.shape);
  const others = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return { kept: offsetsOf(x.shape, strides, others), folded: offsetsOf(x.shape, strides, axes) };
}

const fold = (name: string, takes: Operands, { start, step, end }: Fold, dtype?: () => DType[]): Primitive =>
  primitive<{ axes: readonly number[]; keepdims: boolean }>({
    name,
    takes,
    ...(dtype && { dtype }),
    shape([x], { axes, keepdims }) {
      checkAxes(name, x!, axes);
      if (keepdims) return [axes.reduce((shape, axis) => withAxis(shape, axis, 1), x!)];
      return [x!.filter((_, axis) => !axes.includes(axis))];
    },
    run([x], { axes }, [out]) {
      const { kept, folded } = split(x!, axes);
      for (let i = 0; i < kept.length; i++) {
        let total = start;
        for (let j = 0; j < folded.length; j++) total = step(total, x!.data[kept[i]! + folded[j]!]!);
        out!.data[i] = end === undefined ? total : end(total, folded.length);
      }
    },
  });

const arg = (name: string, better: (x: number, best: number) => boolean): Primitive =>
  primitive<{ axis: number; keepdims: boolean }>({
    name,
    takes: anything,
    dtype: () => ["int32"],
    shape([x], { axis, keepdims }) {
      checkAxis(name, x!, axis);
      return [keepdims ? withAxis(x!, axis, 1) : withoutAxis(x!, axis)];
    },
    run([x], { axis }, [out]) {
      const { kept, folded } = split(x!, [axis]);
      for (let i = 0; i < kept.length; i++) {
        let best = 0;
        for (let j = 1; j < folded.length; j++) {
          if (better(x!.data[kept[i]! + folded[j]!]!, x!.data[kept[i]! + folded[best]!]!)) best = j;
        }
        out!.data[i] = best;
      }
    },
  });

export const reductions: readonly Primitive[] = [
  ...Object.entries(FOLDS).map(([name, f]) => fold(name, name === "mean" ? floats : numbers, f)),
  ...Object.entries(BOOL_FOLDS).map(([name, f]) => fold(name, bools, f, () => ["bool"])),
  ...Object.entries(BETTER).map(([name, better]) => arg(name, better)),
];
