/**
 * Texts as indices into a vocabulary, or as rows of as many places; with invert the way back.
 * x[B, …] of texts → y[B, …] of whole numbers, or y[B, tokens]. idf_weights[tokens], of tf_idf.
 * Source: keras/src/layers/preprocessing/string_lookup.py, tf_keras/layers/preprocessing/string_lookup.py.
 */
import { layer } from "../define.ts";
import { nullable, optional, text } from "../fields.ts";
import { idfWeights, type Lookup, lookedUp, lookupDialects, lookupOptions, lookupWriting } from "./shared/lookup.ts";

export const stringLookup = layer({
  class: "StringLookup",
  calls: { casts: "older" },
  config: {
    ...lookupOptions,
    mask_token: optional(text()),
    oov_token: nullable(text("[UNK]")),
    encoding: text("utf-8"),
  },
  weights: { idf_weights: idfWeights((c: Lookup) => c) },
  dialects: lookupDialects,
  writing: lookupWriting((c: Lookup) => c),
  takes: ([x]) => (x === "string" || x === "int64" || x === "int32" ? null : "texts"),
  forward: (cx, c, w, [x]) => lookedUp(cx, c, x!, { mask: c.mask_token, oov: c.oov_token, idf: w.idf_weights }),
});
