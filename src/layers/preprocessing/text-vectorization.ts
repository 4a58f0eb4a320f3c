/**
 * Texts as the indices of their words: made plain (standardize), split, joined to ngrams, looked up.
 * x[B] or x[B, 1] → y[B, T] of whole numbers, T that of the longest text or output_sequence_length, or y[B, tokens].
 * idf_weights[tokens], of tf_idf, which the lookup inside has too.
 * Source: keras/src/layers/preprocessing/text_vectorization.py, tf_keras/layers/preprocessing/text_vectorization.py.
 */
import { listOf } from "../../core/list.ts";
import { type JsonNode, JsonNumber, type JsonObject, printJson } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import { layer } from "../define.ts";
import { bool, int, json, nullable, optional, text } from "../fields.ts";
import {
  idfInConfig,
  idfWeights,
  lookupWriting,
  type Lookup,
  lookedUp,
  type VocabularyConfig,
  vocabularyOptions,
} from "./shared/lookup.ts";
import { numberArray } from "../common/json-array.ts";

const STANDARDS = ["lower_and_strip_punctuation", "lower", "strip_punctuation"];
const SPLITS = ["whitespace", "character"];

/** A word of Keras's; anything else is Python code. */
function named(option: JsonNode, words: readonly string[], path: string): string | null {
  if (option === null || (typeof option === "string" && words.includes(option))) return option;
  return fail("unsupported/argument", { path, message: "Python code, which is never run", expected: words.join(", ") });
}

/** The widths of the ngrams: up to a number, or those of a list. */
function widthsOf(ngrams: JsonNode, path: string): readonly number[] | null {
  if (ngrams instanceof JsonNumber) return listOf(ngrams.value, (i) => i + 1);
  return numberArray(ngrams, path)?.values ?? null;
}

/** As tf-keras reads it back: no list, as it looks for a tuple. */
function oldNgrams(options: JsonObject, path: string): JsonNode | undefined {
  const ngrams = options.get("ngrams") ?? null;
  if (ngrams === null || ngrams instanceof JsonNumber) return undefined;
  const widths = widthsOf(ngrams, path)!;
  if (widths.every((width, i) => width === i + 1)) return JsonNumber.of(widths.length, "int");
  return fail("unsupported/translation", {
    path,
    message: "tf-keras reads no list of widths",
    found: printJson(ngrams),
  });
}

/** Whether texts are not split, and yet padded: no more than the text itself is padded to the length. */
const padsWhole = (c: { readonly split: JsonNode; readonly output_sequence_length: number | null }): boolean =>
  c.split === null && c.output_sequence_length !== null;

/** The lookup inside. */
const lookupOf = (c: VocabularyConfig): Lookup => ({
  ...c,
  num_oov_indices: 1,
  invert: false,
  oov_method: "floormod",
  salt: null,
  mask_token: "",
  oov_token: "[UNK]",
});

const lookups = lookupWriting(lookupOf);

export const textVectorization = layer({
  class: "TextVectorization",
  calls: { casts: "older" },
  config: {
    ...vocabularyOptions,
    standardize: nullable(json("lower_and_strip_punctuation")),
    split: nullable(json("whitespace")),
    ngrams: json(),
    output_sequence_length: optional(int({ min: 1 })),
    ragged: bool(false),
    encoding: text("utf-8"),
  },
  weights: {
    idf_weights: { ...idfWeights(lookupOf), olderNames: ["_lookup_layer/idf_weights"] },
    "_lookup_layer/idf_weights": idfWeights(lookupOf, true),
  },
  dialects: {
    keras2: { ignore: ["has_input_vocabulary"], needs: { dtype: "string", ngrams: oldNgrams } },
    keras3: idfInConfig,
  },
  writing: {
    ...lookups,
    // tf-keras asks for a tuple of widths, and writes a list.
    unread: (node, file) =>
      lookups.unread(node, file) || (file.dialect === "keras2" && Array.isArray(node.options.get("ngrams"))),
    tellsOther: (c, _outputs, to) => to === "keras2" && padsWhole(c),
  },
  takes: ([x]) => (x === "string" ? null : "texts"),
  forward(cx, c, w, [x]) {
    if (c.ragged)
      fail("unsupported/argument", { message: "ragged", expected: "false: ragged tensors are not computed" });
    const split = named(c.split, SPLITS, "split");
    const length = c.output_mode === "int" ? c.output_sequence_length : null;
    const ngrams = widthsOf(c.ngrams, cx.node.path);
    const options = { standardize: named(c.standardize, STANDARDS, "standardize"), split, ngrams, length };
    const lead = x!.shape.length > 1 ? x!.shape.slice(0, -1) : x!.shape;
    const own = split === null && ngrams === null ? (x!.shape.length > 1 ? x!.shape.at(-1)! : 1) : null;
    // tf-keras pads whole texts by lengths that TensorFlow does not know beforehand.
    const told = cx.tells && cx.semantics === "tf-keras" && padsWhole(c) ? null : (length ?? own);
    const tokens = cx.op.text([x!], { fn: "tokens", options, shape: [...lead, told], dtype: "string" });
    return lookedUp(cx, lookupOf(c), tokens, { mask: "", oov: "[UNK]", idf: w.idf_weights });
  },
});
