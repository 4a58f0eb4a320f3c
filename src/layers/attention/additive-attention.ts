/**
 * Attention by sums: scores = Σ scale · tanh(query + key) over the features. See shared/dense-attention.ts for the rest.
 * scale[D], of the query, or before Keras 3 of the value. Source: keras/src/layers/attention/additive_attention.py, tf_keras/layers/attention/additive_attention.py.
 */
import { layer } from "../define.ts";
import { bool } from "../fields.ts";
import { lastOf } from "../common/checks.ts";
import { floatsIn } from "../common/dtypes.ts";
import { denseAttention, denseAttentionArgs, denseAttentionFields, queryMask, sums } from "./shared/dense-attention.ts";

export const additiveAttention = layer({
  class: "AdditiveAttention",
  takes: floatsIn("tf-keras"),
  args: denseAttentionArgs,
  config: { use_scale: bool(true), ...denseAttentionFields },
  calls: { masksAsLists: true },
  weights: {
    scale: {
      when: (c) => c.use_scale,
      shape: (_c, [query, value], semantics) => [lastOf(semantics === "keras3" ? query : value)],
      init: "GlorotUniform",
    },
  },
  mask: queryMask,
  forward: (cx, c, w, x, kw) =>
    denseAttention(cx, c, x, kw, (query, key) => {
      const all = sums(cx, query, key);
      return cx.op.sum(w.scale ? cx.op.multiply(all, w.scale) : all, [query.shape.length]);
    }),
});
