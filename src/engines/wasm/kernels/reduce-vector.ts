/**
 * Sums, means, maxima and minima of float32, any and all of bool, four at a time; sums in float64. Where an axis that stays is innermost, each
 * lane is an output; where a folded axis is, the lanes share one output.
 */
import type { Code } from "../emit/code.ts";
import { brIf, f32, f32x4, f64, f64x2, i32, i32x4, loop, v128, when } from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import { nest, repeat, setPointers } from "./nest.ts";
import { arg } from "./storage.ts";
import { storeColumns } from "./tile.ts";
import type { Kernel } from "./types.ts";
import { after, words } from "./words.ts";

export type VectorFold = "sum" | "mean" | "max" | "min" | "any" | "all";
const VECTOR_FOLDS: ReadonlySet<string> = new Set<VectorFold>(["sum", "mean", "max", "min", "any", "all"]);
export const isVectorFold = (fold: string): fold is VectorFold => VECTOR_FOLDS.has(fold);

/** Bytes 0 to 7 of both operands. */
const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
/** The upper half first; the second float first. */
const UPPER = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
const SECOND = [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11];

/** What four lanes are gathered in: two registers, and how four more floats go in. */
interface Gathering {
  readonly starts: readonly [Code, Code];
  step(into: Pair, address: Code, offset: number): Code;
}

type Pair = readonly [Local, Local];
const pair = (f: Fn): Pair => f.locals("v128", 2) as unknown as Pair;

/** Two float64 sums in each register. */
const addition: Gathering = {
  starts: [f64x2.const(0), f64x2.const(0)],
  step: (into, address, offset) =>
    into.map((sum, i) => sum.set(f64x2.add(sum.get, f64x2.promoteLow(v128.load64Zero(address, offset + 8 * i))))),
};

/** The best so far, and where a NaN was: `max` and `min` would look for it in every turn, many instructions long. */
const extreme = (start: number, better: (a: Code, b: Code) => Code): Gathering => ({
  starts: [f32x4.const(start), f32x4.const(0)],
  step: ([best, isNan], address, offset) => {
    const x = v128.load(address, offset);
    return [isNan.set(v128.or(isNan.get, f32x4.ne(x, x))), best.set(better(best.get, x))];
  },
});

/** Bool lanes, 0 or 1, in the first register. */
const truth = (start: number, combine: (a: Code, b: Code) => Code): Gathering => ({
  starts: [i32x4.const(start), i32x4.const(0)],
  step: ([all], address, offset) => all.set(combine(all.get, v128.load(address, offset))),
});

const GATHERINGS: Readonly<Record<VectorFold, Gathering>> = {
  sum: addition,
  mean: addition,
  max: extreme(-Infinity, f32x4.pmax),
  min: extreme(Infinity, f32x4.pmin),
  any: truth(0, v128.or),
  all: truth(1, v128.and),
};
const isSum = (fold: VectorFold): boolean => fold === "sum" || fold === "mean";

/**
 * How many are folded into one, and how many outputs or elements lie side by side along the innermost axis. Then the
 * words of `nest` for the other kept axes, and for the other folded ones.
 */
export const FOLD_WORDS = words("input", "output", "count", "innermost");

/** The number folded into one, which a mean is divided by, in both lanes. */
const countOf = (f: Fn): Code => f64x2.splat(f64.fromU32(arg(f, FOLD_WORDS.count)));

/** Vectors of outputs that are gathered at a time: a whole line of the cache. */
const WIDE = 4;

/** The innermost axis stays. */
export function reduceLanes(fold: VectorFold, kept: number, folded: number): Kernel {
  const { starts, step } = GATHERINGS[fold];
  return {
    key: `reduce lanes ${fold} ${kept} ${folded}`,
    way: "vector",
    emit(f) {
      const pointers = f.locals("i32", 2);
      const [from, to, p, left] = f.locals("i32", 4);
      const result = f.local("v128");
      const finished = ([a, b]: Pair): Code => {
        if (!isSum(fold)) return v128.or(a.get, b.get);
        const half = (sum: Local): Code => f64x2.demote(fold === "mean" ? f64x2.div(sum.get, countOf(f)) : sum.get);
        return v128.shuffle(half(a), half(b), LOW_HALVES);
      };
      const some = (vectors: number, lanes: number): Code => {
        const into = Array.from({ length: vectors }, () => pair(f));
        const code = [
          into.map((both) => both.map((register, i) => register.set(starts[i]!))),
          p.set(from.get),
          nest(f, after(FOLD_WORDS) + 3 * kept, folded, [p], () => into.map((both, i) => step(both, p.get, 16 * i))),
          into.map((both, i) => [result.set(finished(both)), storeColumns(to.get, [result], lanes, 16 * i)]),
          from.set(i32.add(from.get, i32.const(16 * vectors))),
          to.set(i32.add(to.get, i32.const(16 * vectors))),
          left.set(i32.sub(left.get, i32.const(4 * vectors))),
        ];
        f.release(...into.flat());
        return code;
      };
      const whole = (vectors: number): Code => {
        const enough = i32.geS(left.get, i32.const(4 * vectors));
        return when(enough, loop([some(vectors, 4), brIf(0, enough)]));
      };
      const rest = (lanes: number): Code => when(i32.eq(left.get, i32.const(lanes)), some(1, lanes));
      return [
        setPointers(f, pointers),
        nest(f, after(FOLD_WORDS), kept, pointers, () => [
          from.set(pointers[0].get),
          to.set(pointers[1].get),
          left.set(arg(f, FOLD_WORDS.innermost)),
          whole(WIDE),
          whole(1),
          [1, 2, 3].map(rest),
        ]),
      ];
    },
  };
}

/** The innermost axis, of at least 4, is folded. */
export function reduceRows(fold: VectorFold, kept: number, folded: number): Kernel {
  const { starts, step } = GATHERINGS[fold];
  const better = fold === "max" ? f32x4.max : f32x4.min;
  return {
    key: `reduce rows ${fold} ${kept} ${folded}`,
    way: "vector",
    emit(f) {
      const pointers = f.locals("i32", 2);
      const [p, row, left] = f.locals("i32", 3);
      const into = pair(f);
      const value = f.local("v128");
      const four: Code = [step(into, row.get, 0), row.set(i32.add(row.get, i32.const(16)))];
      // The last vector of a row is read from its end: what it has in common with the one before is cut, or no matter.
      const tail: Code = isSum(fold)
        ? repeat(left, left.get, [
            into[0].set(f64x2.add(into[0].get, f64x2.promoteLow(v128.load32Zero(row.get)))),
            row.set(i32.add(row.get, i32.const(4))),
          ])
        : step(into, i32.add(row.get, i32.shl(i32.sub(left.get, i32.const(4)), i32.const(2))), 0);
      const [a, b] = into;
      const sum = (): Code => {
        const total = f64.add(f64x2.lane(value.get, 0), f64x2.lane(value.get, 1));
        return [
          value.set(f64x2.add(a.get, b.get)),
          f32.demote(fold === "mean" ? f64.div(total, f64.fromU32(arg(f, FOLD_WORDS.count))) : total),
        ];
      };
      const best = (): Code => [
        a.set(v128.or(a.get, b.get)),
        value.set(better(a.get, v128.shuffle(a.get, a.get, UPPER))),
        f32x4.lane(better(value.get, v128.shuffle(value.get, value.get, SECOND)), 0),
      ];
      return [
        setPointers(f, pointers),
        nest(f, after(FOLD_WORDS), kept, pointers, () => [
          into.map((register, i) => register.set(starts[i]!)),
          p.set(pointers[0].get),
          nest(f, after(FOLD_WORDS) + 3 * kept, folded, [p], () => [
            row.set(p.get),
            repeat(left, i32.shrU(arg(f, FOLD_WORDS.innermost), i32.const(2)), four),
            left.set(i32.and(arg(f, FOLD_WORDS.innermost), i32.const(3))),
            when(left.get, tail),
          ]),
          fold === "any" || fold === "all"
            ? i32.store(pointers[1].get, (fold === "any" ? v128.anyTrue : i32x4.allTrue)(a.get))
            : f32.store(pointers[1].get, isSum(fold) ? sum() : best()),
        ]),
      ];
    },
  };
}
