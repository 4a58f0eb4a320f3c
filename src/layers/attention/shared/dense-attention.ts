/**
 * What Attention and AdditiveAttention share: [query[B, T, D], value[B, S, E], key[B, S, D]] (default key: the value) →
 * y = softmax(scores[B, T, S], of what the masks keep)·value, zero where the query is masked; then the scores on demand.
 * Source: keras/src/layers/attention/attention.py, tf_keras/layers/attention/base_dense_attention.py.
 */
import { fail } from "../../../core/error.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context, KwArgs } from "../../define.ts";
import { bool, type Config, float, int, keras2Only, keras3Only, optional } from "../../fields.ts";
import { masksOf, truth } from "../../common/args.ts";
import { droppedOut } from "../../common/randomness.ts";
import { lowered } from "../../common/softmax.ts";
import { allOf, causalMask } from "./masked.ts";

export const denseAttentionArgs: readonly string[] = [
  "inputs", "mask", "training", "return_attention_scores", "use_causal_mask",
]; // prettier-ignore

/** `causal`: the option of Keras 2 before `use_causal_mask` was an argument of the call. */
export const denseAttentionFields = {
  dropout: float(0),
  causal: keras2Only(bool(false)),
  seed: keras3Only(optional(int())),
};

export const queryMask = (
  _cx: Context,
  _c: unknown,
  [mask]: readonly (Sym | undefined)[],
): readonly (Sym | undefined)[] => [mask];

/** tanh(scale · (query + key)) for each pair of places: [B, T, S, D]. */
export function sums({ op }: Context, query: Sym, key: Sym, scale?: Sym): Sym {
  const rank = query.shape.length;
  const sum = op.add(op.expandDims(query, [rank - 1]), op.expandDims(key, [rank - 2]));
  return op.tanh(scale === undefined ? sum : op.multiply(sum, scale));
}

/**
 * Both layers: `score` gives scores[B, T, S] of query[B, T, D] and key[B, S, D]. With the scores where they are asked
 * for.
 */
export function denseAttention(
  cx: Context,
  c: Config<typeof denseAttentionFields>,
  x: readonly Sym[],
  kw: KwArgs,
  score: (query: Sym, key: Sym) => Sym,
): readonly Sym[] {
  const { op } = cx;
  const [query, value, key = value] = x;
  if (query === undefined || value === undefined || x.length > 3)
    return fail("mismatch/inputs", { expected: "a query, a value and perhaps a key", found: String(x.length) });
  const [ofQuery, ofValue] = masksOf(kw);
  const causal = c.causal || truth(kw["use_causal_mask"], "use_causal_mask") === true;
  const older = cx.semantics !== "keras3";
  const scores = score(query, key!);
  // Keras 3 takes a mask of more axes for one of the scores, unless a causal one joins it.
  const ofScores = !older && !causal && ofValue !== undefined && ofValue.shape.length > 2;
  const values = ofValue && op.cast(ofValue, "bool");
  const mask = allOf(
    cx,
    values && (ofScores ? values : op.expandDims(values, [values.shape.length - 1])),
    causal ? causalMask(cx, query, key!, -2) : undefined,
  );
  const large = scores.dtype === "float16" ? 65504 : 1e9;
  // A mask of more axes than the scores gives them those.
  const kept = mask === undefined ? scores : lowered(cx, scores, mask, large);
  const plain = op.softmax(kept, [kept.shape.length - 1]);
  const weights = droppedOut(cx, plain, c.dropout);
  const y = op.matmul(weights, value);
  const seen = ofQuery && op.expandDims(op.cast(ofQuery, "bool"), [ofQuery.shape.length]);
  const result = seen === undefined ? y : older ? op.multiply(y, op.cast(seen, y.dtype)) : op.where(seen, y, 0);
  return truth(kw["return_attention_scores"], "return_attention_scores") === true ? [result, weights] : [result];
}
