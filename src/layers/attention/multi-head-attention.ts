/**
 * Attention over several heads (see shared/heads.ts for the equation).
 * query[B, T…, D], value[B, S…, E], key[B, S…, F] (default: the value) → y[B, T…, D], or [B, T…, …output_shape]; with
 * return_attention_scores then the scores. Wq[D, N, key_dim], Wk[F, N, key_dim], Wv[E, N, value_dim],
 * Wo[N, value_dim, …output_shape], biases of their last axes; with use_gate Wg[D, N, value_dim].
 * Source: keras/src/layers/attention/multi_head_attention.py, tf_keras/layers/attention/multi_head_attention.py.
 */
import { layer } from "../define.ts";
import { int, intList, optional, within } from "../fields.ts";
import { floatsIn } from "../common/dtypes.ts";
import { attendHeads, fromHeads, headArgs, headFields, headMasks, outputSizes, toHeads } from "./shared/heads.ts";

export const multiHeadAttention = layer({
  class: "MultiHeadAttention",
  takes: floatsIn("tf-keras"),
  args: headArgs,
  config: {
    num_heads: int({ min: 1 }),
    key_dim: int({ min: 1 }),
    value_dim: optional(within(int({ min: 0 }), [1], ["keras3"])),
    ...headFields,
    output_shape: optional(intList()),
    attention_axes: optional(intList()),
  },
  dialects: { keras2: { needs: { query_shape: null, key_shape: null, value_shape: null } } },
  children: {
    query_dense: {
      config: (c, options) => toHeads(c, options, "query", c.num_heads, c.key_dim),
      olderPath: "_query_dense",
    },
    key_dense: {
      config: (c, options) => toHeads(c, options, "key", c.num_heads, c.key_dim),
      olderPath: "_key_dense",
    },
    _gate_dense: {
      config: (c, options) => (c.use_gate ? toHeads(c, options, "gate", c.num_heads, c.value_dim || c.key_dim) : null),
    },
    value_dense: {
      config: (c, options) => toHeads(c, options, "value", c.num_heads, c.value_dim || c.key_dim),
      olderPath: "_value_dense",
    },
    output_dense: {
      config: (c, options) => fromHeads(c, options, outputSizes(c.output_shape, options)),
      olderPath: "_output_dense",
    },
  },
  calls: { penalisesOutput: (semantics) => semantics !== "keras3" },
  mask: headMasks,
  writing: { tellsOther: (_c, outputs, to) => to === "keras3" && outputs > 1 },
  forward(cx, c, _w, [query], kw) {
    const valueFeatures = c.value_dim || c.key_dim;
    const { num_heads: heads, key_dim: features, attention_axes: axes } = c;
    const sizes = outputSizes(c.output_shape, cx.node.options);
    const projected = { heads, features, valueFeatures, groups: 1, sizes, axes };
    return attendHeads(cx, c, { ...projected, takesMasks: true, prefix: "" }, query!, kw);
  },
});
