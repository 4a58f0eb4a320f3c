/**
 * Whole numbers as indices into a vocabulary, or as rows of as many places; with invert the way back.
 * x[B, …] → y[B, …] of whole numbers, or y[B, tokens]. idf_weights[tokens], of tf_idf.
 * Source: keras/src/layers/preprocessing/integer_lookup.py, tf_keras/layers/preprocessing/integer_lookup.py.
 */
import { layer } from "../define.ts";
import { int, nullable, optional, text } from "../fields.ts";
import { idfWeights, type Lookup, lookedUp, lookupDialects, lookupOptions, lookupWriting } from "./shared/lookup.ts";

export const integerLookup = layer({
  class: "IntegerLookup",
  calls: { casts: "older" },
  config: {
    ...lookupOptions,
    mask_token: optional(int()),
    oov_token: nullable(int({ default: -1 })),
    vocabulary_dtype: text("int64"),
  },
  weights: { idf_weights: idfWeights((c: Lookup) => c) },
  dialects: lookupDialects,
  writing: lookupWriting((c: Lookup) => c),
  forward: (cx, c, w, [x]) => lookedUp(cx, c, x!, { mask: c.mask_token, oov: c.oov_token, idf: w.idf_weights }),
});
