/**
 * Rows of a table: y = embeddings[x]. With mask_zero, the index 0 is masked.
 * x[B, …] of indices below input_dim → y[B, …, output_dim]. embeddings[input_dim, output_dim].
 * Source: keras/src/layers/core/embedding.py, tf_keras/layers/core/embedding.py, keras 1.2.2 keras/layers/embeddings.py.
 */
import type { Sym } from "../../ops/types.ts";
import { layer, quantizationOf } from "../define.ts";
import { json, keras3Only } from "../fields.ts";
import { blocksOf, fromBlocks, integersOf, packedLength, scaleWeights } from "./shared/quantization.ts";
import { embeddingOptions, rowsOf, tableRows } from "./shared/embedding.ts";

export const embedding = layer({
  class: "Embedding",
  config: {
    ...embeddingOptions,
    quantization_config: keras3Only(json()),
  },
  quantized: ["int8", "int4"],
  weights: {
    embeddings: {
      shape: (c) => [c.input_dim, packedLength(c, c.output_dim)],
      init: "embeddings_initializer",
      integers: true,
    },
    ...scaleWeights<{ readonly input_dim: number; readonly output_dim: number }, "embeddings">("embeddings", {
      count: (c) => [c.input_dim],
      blocks: (c) => [c.input_dim, blocksOf(c, c.output_dim)],
      length: (c) => c.output_dim,
    }),
  },
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
  mask: (cx, c, _masks, [x]) => [c.mask_zero ? cx.op.notEqual(x!, 0) : undefined],
  forward(cx, c, w, [x]) {
    const { op } = cx;
    const quantization = quantizationOf(c);
    if (quantization === null) return rowsOf(cx, w.embeddings, x!, c.input_dim);
    const of = (table: Sym): Sym => tableRows(cx, table, x!, c.input_dim);
    const rows = integersOf(cx, of(w.embeddings), c, c.output_dim, cx.compute);
    const scale = of(w.embeddings_scale);
    if (quantization.block === null) return op.divide(rows, op.expandDims(scale, [scale.shape.length]));
    const scales = { scale, zero: of(w.embeddings_zero), g_idx: w.g_idx };
    return fromBlocks(cx, rows, scales, scale.shape.length - 1);
  },
});
