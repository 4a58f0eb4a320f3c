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
import type { JsonNode } from "../../codecs/json.ts";
import type { Sym } from "../../ops/types.ts";
import { type Bound, type Context, layer, quantizationOf } from "../define.ts";
import { bool, float, json, optional, text } from "../fields.ts";
import { embeddingOptions, rowsOf, tableWeights } from "./shared/embedding.ts";
import { blocksOf, fromBlocks, integersOf, losesAlpha, packedLength, quantizedInput } from "./shared/quantization.ts";

interface Reverse {
  readonly tie_weights: boolean;
  readonly output_dim: number;
  readonly quantization_config: JsonNode;
}

type Table = Bound<keyof typeof tableWeights | "reverse_embeddings" | "reverse_embeddings_scale" | "reverse_embeddings_zero">; // prettier-ignore

/** A weight in the dtype that the layer computes in; the layer's input stays as it is given. */
const inCompute = ({ op, compute }: Context, s: Sym): Sym =>
  isFloat(s.dtype) && isFloat(compute) ? op.cast(s, compute) : s;

/** The way back with integers: see shared/quantization.ts. */
function quantizedLogits(cx: Context, c: Reverse, given: Table, x: Sym): Sym {
  const { op } = cx;
  const w = Object.fromEntries(Object.entries(given).map(([name, s]) => [name, s && inCompute(cx, s)])) as Table;
  const { block } = quantizationOf(c)!;
  const turned = (y: Sym): Sym => (c.tie_weights || y.shape.length < 2 ? y : op.transpose(y, [1, 0]));
  const [table, scale, zero] = c.tie_weights
    ? [w.embeddings, w.embeddings_scale, w.embeddings_zero]
    : [w.reverse_embeddings, w.reverse_embeddings_scale, w.reverse_embeddings_zero];
  const numbers = integersOf(cx, turned(table), c, c.output_dim, "float32");
  const input = quantizedInput(cx, x, c, null, "always");
  const product = (floats: Sym): Sym => op.matmul(input?.x ?? x, floats, { transposeB: true });
  if (block !== null) {
    const y = product(fromBlocks(cx, numbers, { scale: turned(scale), zero: turned(zero), g_idx: w.g_idx }, 1));
    return input === null ? y : op.divide(op.cast(y, cx.compute), input.scale);
  }
  return op.divide(op.cast(product(numbers), cx.compute), input === null ? scale : op.multiply(input.scale, scale));
}

export const reversibleEmbedding = layer({
  class: "ReversibleEmbedding",
  args: ["inputs", "reverse"],
  writing: { unread: losesAlpha },
  config: {
    ...embeddingOptions,
    tie_weights: bool(true),
    reverse_dtype: optional(text()),
    logit_soft_cap: optional(float()),
    quantization_config: json(),
  },
  quantized: ["int8", "int4"],
  weights: {
    ...tableWeights,
    reverse_embeddings: {
      when: (c) => !c.tie_weights,
      shape: (c) => [packedLength(c, c.output_dim), c.input_dim],
      init: "embeddings_initializer",
      integers: true,
    },
    reverse_embeddings_scale: {
      when: (c) => !c.tie_weights && quantizationOf(c) !== null,
      shape: (c) => (quantizationOf(c)!.block === null ? [c.input_dim] : [blocksOf(c, c.output_dim), c.input_dim]),
      trainable: false,
    },
    reverse_embeddings_zero: {
      when: (c) => !c.tie_weights && typeof quantizationOf(c)?.block === "number",
      shape: (c) => [blocksOf(c, c.output_dim), c.input_dim],
      trainable: false,
    },
  },
  calls: { casts: false },
  mask: (_cx, _c, _masks, _x, [y]) => [y!.mask],
  forward(cx, c, w, x, kw) {
    const { op } = cx;
    if (truth(kw["reverse"], "reverse") !== true) {
      const y = rowsOf(cx, w, x[0]!, c);
      return c.mask_zero ? cx.setMask(y, op.notEqual(x[0]!, 0)) : y;
    }
    const capped = (logits: Sym): Sym =>
      c.logit_soft_cap === null ? logits : op.multiply(op.tanh(op.divide(logits, c.logit_soft_cap)), c.logit_soft_cap);
    if (quantizationOf(c) !== null) return capped(quantizedLogits(cx, c, w, x[0]!));
    const as = c.reverse_dtype;
    if (as !== null && !(isDType(as) && isFloat(as)))
      return fail("malformed/config", { path: "reverse_dtype", expected: "a float dtype", found: as });
    const table = inCompute(cx, c.tie_weights ? w.embeddings : w.reverse_embeddings);
    const [input, kernel] = [x[0]!, table].map((s) => (as === null ? s : op.cast(s, as))); // prettier-ignore
    return capped(op.matmul(input!, kernel!, { transposeB: c.tie_weights }));
  },
});
