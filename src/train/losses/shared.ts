/** What all losses and metrics do around their arithmetic: ranks, masks, weights. Source: keras/src/losses/loss.py. */
import { isFloat } from "../../core/dtype.ts";
import type { OpContext, Ops } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";
import type { Fields } from "../../layers/fields.ts";
import { declare, type Declared, floatDType, reduction, type REDUCTIONS } from "../declare.ts";
import type { Config } from "../../layers/fields.ts";
import type { Era } from "../era.ts";
import type { Compared, Loss } from "../types.ts";

/** Keras's `epsilon()`. */
export const EPSILON = 1e-7;

/** One value for each sample or step, and which of them count where the loss itself says so. */
export interface Masked {
  readonly values: Sym;
  readonly mask?: Sym;
}

/** What an arithmetic compares: `logits` only while `yPred` is what the layer gave. */
export type Pair = Pick<Compared, "yTrue" | "yPred" | "logits">;

/** a / b, 0 where b is 0. */
export function divideNoNan(op: Ops, a: Sym, b: Sym): Sym {
  const none = op.equal(b, 0);
  return op.where(none, 0, op.divide(a, op.where(none, 1, b)));
}

/** Between `low` and `high`. */
export const clip = (op: Ops, x: Sym, low: number, high: number): Sym => op.minimum(op.maximum(x, low), high);

/** Of two values whose ranks differ by one: the longer one loses, or the shorter one of rank 1 gets, a last axis of 1. */
export function sameRank(op: Ops, a: Sym, b: Sym, expand = true): readonly [Sym, Sym] {
  const [short, long] = a.shape.length < b.shape.length ? [a, b] : [b, a];
  if (long.shape.length !== short.shape.length + 1 || long.shape.at(-1) !== 1) return [a, b];
  const fitted =
    short.shape.length === 1 && expand
      ? ([op.expandDims(short, [-1]), long] as const)
      : ([short, op.squeeze(long, [-1])] as const);
  return short === a ? fitted : [fitted[1], fitted[0]];
}

/** Both of the dtype of `yPred`, a float. */
export function asFloats(op: Ops, { yTrue, yPred, logits }: Pair): Pair {
  const dtype = isFloat(yPred.dtype) ? yPred.dtype : "float32";
  return { yTrue: op.cast(yTrue, dtype), yPred: op.cast(yPred, dtype), ...(logits && { logits }) };
}

/** Both of one rank. */
export function fitted(op: Ops, pair: Pair): Pair {
  const [yTrue, yPred] = sameRank(op, pair.yTrue, pair.yPred);
  return { yTrue, yPred, ...(pair.logits && yPred === pair.yPred && { logits: pair.logits }) };
}

/** Values and their weights, of one rank where these have an axis less or more. */
function fit(op: Ops, values: Sym, weights: Sym, era: Era): readonly [Sym, Sym] {
  const isShort = weights.shape.length + 1 === values.shape.length;
  return era.expandsWeights && isShort ? [values, op.expandDims(weights, [-1])] : sameRank(op, values, weights);
}

/** Weights under a mask: as they are where it holds, else 0; with `spread` so that their sum stays that of all. */
export function maskedWeights(
  op: Ops,
  weights: Sym | undefined,
  mask: Sym | undefined,
  spread: boolean,
  like: Sym,
  era: Era,
) {
  if (mask === undefined) return weights;
  const held = op.cast(mask, like.dtype);
  const float = spread ? divideNoNan(op, held, op.mean(held)) : held;
  if (weights === undefined) return float;
  const [a, b] = fit(op, float, op.cast(weights, like.dtype), era);
  return op.multiply(a, b);
}

type Reduction = (typeof REDUCTIONS)[number];

function reduced(op: Ops, { values, mask }: Masked, weights: Sym | undefined, how: Reduction, era: Era): Sym {
  const spread = how === "mean" || how === "sum_over_batch_size";
  const all = maskedWeights(op, weights, mask, spread, values, era);
  const [x, w] = all === undefined ? [values] : fit(op, values, op.cast(all, values.dtype), era);
  const y = w === undefined ? x : op.multiply(x, w);
  if (how === "none" || y.shape.length === 0) return y;
  if (how === "sum") return op.sum(y);
  return how === "mean_with_sample_weight" && w !== undefined ? divideNoNan(op, op.sum(y), op.sum(w)) : op.mean(y);
}

const COMMON = { reduction, dtype: floatDType };

/** The arithmetic of a loss with its options. */
export type Arithmetic<C> = (cx: OpContext, pair: Pair, config: C, era: Era) => Sym | Masked;

/** Declares a loss: its arithmetic between Keras's ranks before and masks, weights and reduction after. */
export function lossOf<F extends Fields>(d: {
  readonly class: string;
  readonly functions: readonly string[];
  readonly name?: string;
  readonly config: F;
  readonly each: Arithmetic<Config<F>>;
}): Declared<F & typeof COMMON, Loss> {
  return declare<F & typeof COMMON, Loss>({
    ...d,
    config: { ...d.config, ...COMMON },
    make: (config, own, era) => ({
      ...own,
      apply(cx, compared) {
        const { op } = cx;
        const made = d.each(cx, fitted(op, asFloats(op, compared)), config as unknown as Config<F>, era);
        const { values, mask }: Masked = "values" in made ? made : { values: made };
        const both = [compared.mask, mask].filter((m) => m !== undefined);
        const all = both.length === 2 ? op.logicalAnd(both[0]!, both[1]!) : both[0];
        const how = (config as unknown as Config<typeof COMMON>).reduction;
        return reduced(op, { values, ...(all && { mask: all }) }, compared.sampleWeight, how, era);
      },
    }),
  });
}
