/**
 * Attention over several heads, of which groups share a key and a value (see shared/heads.ts for the equation).
 * query[B, T, D], value[B, S, E], key[B, S, F] (default: the value) → y[B, T, D]; with return_attention_scores then the
 * scores[B, N, T, S]. Wq[D, N, H], Wk[F, M, H], Wv[E, M, H], Wo[N, H, D] and biases of their last axes, where N, M and H
 * are num_query_heads, num_key_value_heads and head_dim; with use_gate Wg[D, N, H].
 * Source: keras/src/layers/attention/grouped_query_attention.py.
 */
import { fail } from "../../core/error.ts";
import { layer } from "../define.ts";
import { int } from "../fields.ts";
import { needRank } from "../common/checks.ts";
import { attendHeads, fromHeads, headArgs, headFields, headMasks, toHeads } from "./shared/heads.ts";

export const groupQueryAttention = layer({
  class: "GroupQueryAttention",
  names: ["GroupedQueryAttention"],
  ownName: "GroupedQueryAttention",
  args: headArgs,
  config: {
    head_dim: int({ min: 1 }),
    num_query_heads: int({ min: 1 }),
    num_key_value_heads: int({ min: 1 }),
    ...headFields,
  },
  children: {
    _query_dense: { config: (c, options) => toHeads(c, options, "query", c.num_query_heads, c.head_dim) },
    _key_dense: { config: (c, options) => toHeads(c, options, "key", c.num_key_value_heads, c.head_dim) },
    _gate_dense: {
      config: (c, options) => (c.use_gate ? toHeads(c, options, "gate", c.num_query_heads, c.head_dim) : null),
    },
    _value_dense: { config: (c, options) => toHeads(c, options, "value", c.num_key_value_heads, c.head_dim) },
    _output_dense: { config: (c, options) => fromHeads(c, options, null) },
  },
  // Keras 3 writes another class's name.
  writing: { unread: (_node, { dialect, format }) => dialect === "keras3" && format === "keras-h5" },
  mask: headMasks,
  forward(cx, c, _w, [query], kw) {
    needRank(query!, 3);
    const { num_query_heads: heads, num_key_value_heads: shared, head_dim: features } = c;
    if (heads % shared !== 0)
      return fail("malformed/config", {
        path: "num_query_heads",
        expected: `a multiple of num_key_value_heads, ${shared}`,
        found: String(heads),
      });
    const sizes = { heads, features, valueFeatures: features, groups: heads / shared, sizes: null, axes: null };
    return attendHeads(cx, c, { ...sizes, takesMasks: false, prefix: "_" }, query!, kw);
  },
});
