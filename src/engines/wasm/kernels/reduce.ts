/** Many elements to one, in float64: folds as in src/ops/reduce.ts. */
import type { DType } from "../../../core/dtype.ts";
import type { REDUCE, REDUCE_BOOL } from "../../../ops/signatures.ts";
import type { Code } from "../emit/code.ts";
import { brIf, f64, i32, loop, when } from "../emit/instructions.ts";
import type { Fn } from "../emit/module.ts";
import { multiply } from "./scalar-multiply.ts";
import { nest, setPointers } from "./nest.ts";
import { arg, loadNumber, settled, storeNumber } from "./storage.ts";
import type { Kernel } from "./types.ts";
import { after, words } from "./words.ts";

interface Fold {
  readonly start: number;
  step(total: Code, x: Code): Code;
}

const truth = (condition: Code): Code => f64.fromI32(condition);
const isTrue = (x: Code): Code => f64.ne(x, f64.const(0));

/** Reductions by name. */
export type FoldName = (typeof REDUCE)[number] | (typeof REDUCE_BOOL)[number];

export const FOLDS: { readonly [N in FoldName]: Fold } = {
  sum: { start: 0, step: f64.add },
  mean: { start: 0, step: f64.add },
  prod: { start: 1, step: f64.mul },
  max: { start: -Infinity, step: f64.max },
  min: { start: Infinity, step: f64.min },
  any: { start: 0, step: (a, b) => truth(i32.or(isTrue(a), isTrue(b))) },
  all: { start: 1, step: (a, b) => truth(i32.and(isTrue(a), isTrue(b))) },
};

/** What is fixed of a reduction; part of its kernel's key. */
export interface Reduce {
  readonly fold: FoldName;
  readonly from: DType;
  readonly to: DType;
  /** Axes that stay, and axes that are folded. */
  readonly kept: number;
  readonly folded: number;
}

/** How many are folded into one. Then the words of `nest` for the kept axes, and for the folded ones. */
export const REDUCE_WORDS = words("input", "output", "count");

/** Number by number: of any dtype. */
export function reduce(static_: Reduce): Kernel {
  const { fold, from, to, kept, folded } = static_;
  const { start, step } = FOLDS[fold];
  return {
    key: `reduce ${JSON.stringify(static_)}`,
    emit(f) {
      const pointers = f.locals("i32", 2);
      const p = f.local("i32");
      const total = f.local("f64");
      const combine = (a: Code, b: Code): Code => (fold === "prod" ? multiply(f.module, [a, b], to) : step(a, b));
      const end = fold === "mean" ? f64.div(total.get, f64.fromU32(arg(f, REDUCE_WORDS.count))) : total.get;
      return [
        setPointers(f, pointers),
        nest(f, after(REDUCE_WORDS), kept, pointers, () => [
          total.set(f64.const(start)),
          p.set(pointers[0].get),
          nest(f, after(REDUCE_WORDS) + 3 * kept, folded, [p], () =>
            total.set(combine(total.get, loadNumber(from, p.get))),
          ),
          storeNumber(to, pointers[1].get, settled(f.module, to, end)),
        ]),
      ];
    },
  };
}

/** `step` in bytes. Then the words of `nest` for the kept axes. */
export const ARG_REDUCE_WORDS = words("input", "output", "length", "step");

/** The first of equals. */
export function argReduce(fold: "argmax" | "argmin", from: DType, kept: number): Kernel {
  const [better, start] = fold === "argmax" ? ([f64.gt, -Infinity] as const) : ([f64.lt, Infinity] as const);
  return {
    key: `${fold} ${from} ${kept}`,
    emit(f: Fn) {
      const pointers = f.locals("i32", 2);
      const [p, at, found, length] = f.locals("i32", 4);
      const [best, x] = f.locals("f64", 2);
      const one: Code = [
        p.set(pointers[0].get),
        best.set(f64.const(start)),
        found.set(i32.const(0)),
        at.set(i32.const(0)),
        loop([
          x.set(loadNumber(from, p.get)),
          when(better(x.get, best.get), [best.set(x.get), found.set(at.get)]),
          p.set(i32.add(p.get, arg(f, ARG_REDUCE_WORDS.step))),
          brIf(0, i32.ltU(at.tee(i32.add(at.get, i32.const(1))), length.get)),
        ]),
        i32.store(pointers[1].get, found.get),
      ];
      return [
        setPointers(f, pointers),
        length.set(arg(f, ARG_REDUCE_WORDS.length)),
        nest(f, after(ARG_REDUCE_WORDS), kept, pointers, () => one),
      ];
    },
  };
}
