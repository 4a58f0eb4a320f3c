/**
 * Rows of a table: y = embeddings[x]. With mask_zero, the index 0 is masked.
 * x[B, …] of indices below input_dim → y[B, …, output_dim]. embeddings[input_dim, output_dim].
 * Source: keras/src/layers/core/embedding.py, tf_keras/layers/core/embedding.py, keras 1.2.2 keras/layers/embeddings.py.
 */
import { layer } from "../define.ts";
import { bool, constraint, initializer, int, json, keras3Only } from "../fields.ts";
import { regularizers } from "../common/weight-options.ts";

export const embedding = layer({
  class: "Embedding",
  config: {
    input_dim: int({ min: 1 }),
    output_dim: int({ min: 1 }),
    embeddings_initializer: initializer("RandomUniform"),
    ...regularizers("embeddings", "activity"),
    embeddings_constraint: constraint(),
    mask_zero: bool(false),
    quantization_config: keras3Only(json()),
  },
  weights: { embeddings: { shape: (c) => [c.input_dim, c.output_dim], init: "embeddings_initializer" } },
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
  mask: (cx, c, _masks, [x]) => [c.mask_zero ? cx.op.notEqual(x!, 0) : undefined],
  forward(cx, c, w, [x]) {
    const { op } = cx;
    const index = x!.dtype === "int64" ? x! : op.cast(x!, "int32");
    // Negative indices count from the end, as in Keras 3 and Theano; tf-keras refuses them. Those beyond the other end stay as
    // they are, so that the refusal names them.
    if (cx.semantics === "tf-keras") return op.gather(w.embeddings, index, 0);
    const fromEnd = op.logicalAnd(op.less(index, 0), op.greaterEqual(index, -c.input_dim));
    return op.gather(w.embeddings, op.where(fromEnd, op.add(index, c.input_dim), index), 0);
  },
});
