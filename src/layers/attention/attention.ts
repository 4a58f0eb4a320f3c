/**
 * Attention by products, or, with score_mode `concat`, by sums:
 *   scores = scale · query·keyᵀ, or concat_score_weight · Σ tanh(scale · (query + key))
 * See shared/dense-attention.ts for the rest. scale[], concat_score_weight[].
 * Source: keras/src/layers/attention/attention.py, tf_keras/layers/attention/attention.py.
 */
import { layer } from "../define.ts";
import { bool, choice } from "../fields.ts";
import { floatsIn } from "../common/dtypes.ts";
import { denseAttention, denseAttentionArgs, denseAttentionFields, queryMask, sums } from "./shared/dense-attention.ts";

export const attention = layer({
  class: "Attention",
  takes: floatsIn("tf-keras"),
  args: denseAttentionArgs,
  // The word, as Keras 3 writes it there, it reads as a function.
  writing: {
    unread: ({ options }, { dialect, format, isCopy }) =>
      dialect === "keras3" && format === "keras-h5" && isCopy && options.get("score_mode") === "dot",
  },
  config: { use_scale: bool(false), score_mode: choice(["dot", "concat"], "dot"), ...denseAttentionFields },
  calls: { masksAsLists: true },
  weights: {
    scale: { when: (c) => c.use_scale, shape: () => [], init: "Ones" },
    concat_score_weight: { when: (c) => c.score_mode === "concat", shape: () => [], init: "Ones" },
  },
  mask: queryMask,
  forward: (cx, c, w, x, kw) =>
    denseAttention(cx, c, x, kw, (query, key) => {
      const { op } = cx;
      if (c.score_mode === "concat")
        return op.multiply(op.sum(sums(cx, query, key, w.scale), [query.shape.length]), w.concat_score_weight);
      const scores = op.matmul(query, key, { transposeB: true });
      return w.scale ? op.multiply(scores, w.scale) : scores;
    }),
});
