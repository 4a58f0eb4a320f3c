/**
 * Rows of a table, and the way back with the same layer: y = embeddings[x]; reverse: y = x · embeddingsᵀ, or
 * x · reverse_embeddings where the weights are not tied, then with a soft cap c: c · tanh(y / c).
 * x[B, …] of indices → y[B, …, output_dim]; x[B, …, output_dim] → y[B, …, input_dim].
 * embeddings[input_dim, output_dim], reverse_embeddings[output_dim, input_dim].
 * Source: keras/src/layers/core/reversible_embedding.py.
 */
import { isDType, isFloat } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { truth } from "../common/args.ts";
import { layer } from "../define.ts";
import { bool, float, json, optional, text } from "../fields.ts";
import { embeddingOptions, rowsOf } from "./shared/embedding.ts";

export const reversibleEmbedding = layer({
  class: "ReversibleEmbedding",
  args: ["inputs", "reverse"],
  config: {
    ...embeddingOptions,
    tie_weights: bool(true),
    reverse_dtype: optional(text()),
    logit_soft_cap: optional(float()),
    quantization_config: json(),
  },
  weights: {
    embeddings: { shape: (c) => [c.input_dim, c.output_dim], init: "embeddings_initializer" },
    reverse_embeddings: {
      when: (c) => !c.tie_weights,
      shape: (c) => [c.output_dim, c.input_dim],
      init: "embeddings_initializer",
    },
  },
  calls: { casts: false },
  mask: (_cx, _c, _masks, _x, [y]) => [y!.mask],
  forward(cx, c, w, x, kw) {
    const { op } = cx;
    if (truth(kw["reverse"], "reverse") !== true) {
      return cx.withMask(rowsOf(cx, w.embeddings, x[0]!, c.input_dim), c.mask_zero ? op.notEqual(x[0]!, 0) : undefined);
    }
    const as = c.reverse_dtype;
    if (as !== null && !(isDType(as) && isFloat(as)))
      return fail("malformed/config", { path: "reverse_dtype", expected: "a float dtype", found: as });
    const [input, kernel] = [x[0]!, c.tie_weights ? w.embeddings : w.reverse_embeddings].map((s) => (as === null ? s : op.cast(s, as))); // prettier-ignore
    const logits = op.matmul(input!, kernel!, { transposeB: c.tie_weights });
    return c.logit_soft_cap === null ? logits : op.multiply(op.tanh(op.divide(logits, c.logit_soft_cap)), c.logit_soft_cap); // prettier-ignore
  },
});
