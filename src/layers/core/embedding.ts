/**
 * Rows of a table: y = embeddings[x]. With mask_zero, the index 0 is masked.
 * x[B, …] of indices below input_dim → y[B, …, output_dim]. embeddings[input_dim, output_dim].
 * Source: keras/src/layers/core/embedding.py, tf_keras/layers/core/embedding.py, keras 1.2.2 keras/layers/embeddings.py.
 */
import { layer } from "../define.ts";
import { losesAlpha } from "./shared/quantization.ts";
import { json, keras3Only } from "../fields.ts";
import { embeddingOptions, rowsOf, tableWeights } from "./shared/embedding.ts";

export const embedding = layer({
  class: "Embedding",
  config: {
    ...embeddingOptions,
    quantization_config: keras3Only(json()),
  },
  quantized: ["int8", "int4"],
  weights: tableWeights,
  dialects: {
    keras1: {
      rename: {
        init: "embeddings_initializer",
        W_regularizer: "embeddings_regularizer",
        W_constraint: "embeddings_constraint",
      },
      ignore: ["dropout", "input_length"],
    },
    keras2: { ignore: ["input_length", "sparse"] },
  },
  calls: { casts: false },
  writing: { unread: losesAlpha, maskSteps: (c) => (c.mask_zero ? [{ op: "NotEqual", operand: 0 }] : null) },
  mask: (cx, c, _masks, [x]) => [c.mask_zero ? cx.op.notEqual(x!, 0) : undefined],
  forward: (cx, c, w, [x]) => rowsOf(cx, w, x!, c),
});
