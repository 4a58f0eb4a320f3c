/**
 * Tokens as indices into a vocabulary, and back: first 0 for the mask (of the mode int), then the places of unknown
 * tokens, then the vocabulary. What else becomes of the indices, encode.ts tells; tf_idf weighs their counts.
 * Source: keras/src/layers/preprocessing/index_lookup.py, tf_keras/layers/preprocessing/index_lookup.py.
 */
import { listOf } from "../../../core/list.ts";
import { type JsonNode, JsonNumber, type JsonObject } from "../../../codecs/json.ts";
import { fail } from "../../../core/error.ts";
import type { Semantics } from "../../../core/semantics.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context, LayerNode, WeightDecl, WrittenFile } from "../../define.ts";
import { bool, choice, int, json, keras3Only, optional } from "../../fields.ts";
import { encoded, refuseSparse } from "./encode.ts";
import { numberArray } from "../../common/json-array.ts";
import { placesOfWhole, wholeAtPlaces } from "./whole-tokens.ts";

/** Options of all that look tokens up. */
export const vocabularyOptions = {
  max_tokens: optional(int({ min: 2 })),
  output_mode: choice(["int", "one_hot", "multi_hot", "count", "tf_idf"], "int"),
  pad_to_max_tokens: bool(false),
  sparse: bool(false),
  vocabulary: json(),
  idf_weights: json(),
  vocabulary_size: optional(int()),
};

/** And of those that do nothing else. */
export const lookupOptions = {
  ...vocabularyOptions,
  num_oov_indices: int({ min: 0, default: 1 }),
  invert: bool(false),
  oov_method: keras3Only(choice(["floormod", "farmhash"], "floormod")),
  salt: keras3Only(json()),
};

/** Keras 3 makes no layer of a vocabulary in the config whose weights of tf_idf lie in a variable, as tf-keras keeps them. */
export const idfInConfig = {
  needs: {
    idf_weights: (options: JsonObject, path: string): undefined => {
      const isApart = Array.isArray(options.get("vocabulary")) && !Array.isArray(options.get("idf_weights"));
      if (isApart && options.get("output_mode") === "tf_idf")
        fail("unsupported/translation", { path, message: "weights of tf_idf that were learned" });
    },
  },
};

/** What tf-keras says beside; its indices have the layer's dtype, which must be one of whole numbers. */
export const lookupDialects = {
  keras3: idfInConfig,
  keras2: {
    ignore: ["has_input_vocabulary", "vocabulary_dtype"],
    needs: { dtype: (options: JsonObject) => ((options.get("output_mode") ?? "int") === "int" ? "int64" : undefined) },
  },
};

type Token = string | number;

interface LookupConfig {
  readonly max_tokens: number | null;
  readonly output_mode: "int" | "one_hot" | "multi_hot" | "count" | "tf_idf";
  readonly pad_to_max_tokens: boolean;
  readonly sparse: boolean;
  readonly vocabulary: JsonNode;
  readonly idf_weights: JsonNode;
  readonly num_oov_indices: number;
  readonly invert: boolean;
  readonly oov_method: string;
  readonly salt: JsonNode;
}

/** What a layer says of its vocabulary, and all that a lookup goes by. */
export type VocabularyConfig = Pick<LookupConfig, keyof LookupConfig & keyof typeof vocabularyOptions>;
export type Lookup = LookupConfig & { readonly mask_token: Token | null; readonly oov_token: Token | null };

/** The key of a keyed hash: one number stands for both. */
export function keyOf(salt: JsonNode, path: string): readonly [number, number] | null {
  const { values } = numberArray(salt, path) ?? { values: [] };
  return salt === null ? null : [values[0]!, values[1] ?? values[0]!];
}

function listed(node: JsonNode): readonly Token[] {
  if (!Array.isArray(node))
    return fail("unsupported/argument", {
      message: "a vocabulary that is not in the model",
      expected: "a list in the config, or among the assets of a .keras file",
    });
  return node.map((item) =>
    item instanceof JsonNumber ? item.value : typeof item === "string" ? item : fail("malformed/config", { path: "vocabulary", expected: "texts or numbers" }),
  ); // prettier-ignore
}

/** The vocabulary without what stands for the mask and the unknown, as Keras finds it. */
function ownTokens(c: LookupConfig, special: readonly (Token | null)[]): { tokens: readonly Token[]; found: boolean } {
  const all = listed(c.vocabulary);
  const found = special.every((token, i) => token === all[i]);
  return { tokens: found ? all.slice(special.length) : all, found };
}

/** How many indices there are. */
export function vocabularySize(c: Lookup): number {
  const { tokens, start } = placed(c, c.mask_token, c.oov_token);
  return start + tokens.length;
}

/** The vocabulary alone, and what stands before it: the mask, and the places of unknown tokens. */
function placed(c: LookupConfig, mask: Token | null, oov: Token | null) {
  const oovStart = mask !== null && c.output_mode === "int" ? 1 : 0;
  const special = [
    ...listOf<Token | null>(oovStart, () => mask),
    ...listOf<Token | null>(c.num_oov_indices, () => oov),
  ];
  return { ...ownTokens(c, special), oovStart, start: special.length };
}

/** What the counts are multiplied with, where the config has it: unknown tokens weigh as the mean. */
function givenIdf(c: LookupConfig, mask: Token | null, oov: Token | null): readonly number[] | null {
  const given = numberArray(c.idf_weights, "idf_weights")?.values;
  if (given === undefined) return null;
  const { start, found } = placed(c, mask, oov);
  const mean = given.reduce((a, b) => a + b, 0) / given.length;
  const weights = [...(found ? [] : listOf(start, () => mean)), ...given];
  const more = c.pad_to_max_tokens ? c.max_tokens! - weights.length : 0;
  return [...weights, ...listOf(more, () => 0)];
}

/** Inverse document frequencies that were learned: Keras asks for them in the config, beside the vocabulary, but in its own `.keras`. */
const lacksIdf = ({ options }: LayerNode, { dialect, format, isCopy }: WrittenFile): string | boolean =>
  options.get("output_mode") === "tf_idf" &&
  !Array.isArray(options.get("idf_weights")) &&
  (dialect === "keras2" || !(format === "weights-h5" || (format === "keras-v3" && isCopy))) &&
  "a vocabulary without idf_weights";

/** What Keras does not take back of a lookup. In its safe mode, the usual one, Keras 3 opens no file that a config names. */
const unread = (node: LayerNode, file: WrittenFile): string | boolean =>
  lacksIdf(node, file) ||
  (file.dialect === "keras3" &&
    file.format !== "weights-h5" &&
    typeof node.options.get("vocabulary") === "string" &&
    "a vocabulary in a file of its own");

/** What writing any lookup needs; `lookup`: the one that it is or has. */
export const lookupWriting = <C extends VocabularyConfig>(lookup: (c: C) => Lookup) => ({
  learned: learnedIdf(lookup),
  unread,
});

/** Of an adapted lookup of tf-keras: its weights of tf_idf, where those of unknown tokens are the mean, as Keras makes them. */
const learnedIdf = <C extends VocabularyConfig>(lookup: (c: C) => Lookup) => ({
  weight: "idf_weights" as const,
  options(c: C, values: readonly number[], semantics: Semantics) {
    const whole = lookup(c);
    if (semantics === "keras3") return null;
    if (c.output_mode !== "tf_idf" || c.idf_weights !== null || !Array.isArray(c.vocabulary)) return null;
    const { start, tokens, found } = placed(whole, whole.mask_token, whole.oov_token);
    const own = values.slice(start, start + tokens.length);
    const mean = own.reduce((a, b) => a + b, 0) / own.length;
    const isPlain = values.slice(0, start).every((value) => Math.abs(value - mean) <= 1e-6 * mean);
    if (own.length < tokens.length || !(found || isPlain)) return null;
    return { idf_weights: found ? values.slice(0, start + tokens.length) : own };
  },
});

/**
 * The weight of tf_idf, of the lookup that a layer is or has. `.h5` of Keras 3 has it in the config alone, that of tf-keras
 * beside it, once for each lookup: not for the copy that other files have.
 */
export const idfWeights = <C extends VocabularyConfig>(lookup: (c: C) => Lookup, isCopy = false): WeightDecl<C> => ({
  when: (c) => c.output_mode === "tf_idf",
  shape: () => [null],
  trainable: false,
  unlisted: true,
  given(c, semantics) {
    const whole = lookup(c);
    return semantics === "keras3" || isCopy ? givenIdf(whole, whole.mask_token, whole.oov_token) : null;
  },
});

/** Indices, rows or tokens for x, whose tokens are texts or whole numbers. */
export function lookedUp(
  cx: Context,
  c: LookupConfig,
  x: Sym,
  { mask, oov, idf }: { mask: Token | null; oov: Token | null; idf: Sym | undefined },
): Sym {
  const { op } = cx;
  refuseSparse(c.sparse);
  const { tokens, oovStart, start } = placed(c, mask, oov);
  const [path, room] = ["max_tokens", c.max_tokens ?? Infinity];
  if (c.pad_to_max_tokens && c.max_tokens === null) fail("malformed/config", { path, expected: "a number, to pad to" });
  if (start + tokens.length > room)
    fail("malformed/config", { path, expected: `at least ${start + tokens.length}`, found: `${room}` });
  if (c.idf_weights !== null && c.output_mode !== "tf_idf")
    fail("malformed/config", { path: "idf_weights", expected: "null, unless output_mode is tf_idf" });
  if (new Set(tokens).size < tokens.length)
    fail("malformed/config", { path: "vocabulary", expected: "tokens that all differ" });
  const shape = x.shape.map((_, axis) => x.shape[axis] ?? null);
  if (c.invert) {
    const numbers = typeof (oov ?? mask ?? tokens[0]) === "number";
    const options = { vocabulary: tokens, start, mask, oov: oov ?? "", numbers };
    const plain = wholeAtPlaces(cx, x, { tokens, start, mask, oov });
    return plain ?? op.text([x], { fn: "invert", options, shape, dtype: numbers ? "int64" : "string" });
  }
  const options = {
    vocabulary: tokens,
    mask: mask === null ? null : String(mask),
    maskIndex: c.output_mode === "int" ? 0 : -1,
    oov: c.num_oov_indices,
    oovStart,
    key: keyOf(c.salt, cx.node.path),
    floormod: x.dtype !== "string" && c.oov_method === "floormod",
  };
  const isHashed = c.num_oov_indices > 1 && !options.floormod;
  const { maskIndex } = options;
  const plain = isHashed ? null : placesOfWhole(cx, x, { tokens, mask, maskIndex, oov: c.num_oov_indices, oovStart });
  const index = plain ?? op.text([x], { fn: "lookup", options, shape, dtype: "int64" });
  if (c.output_mode === "int") return cx.semantics === "keras3" || cx.compute === "string" ? index : op.cast(index, cx.compute === "float32" ? "int64" : cx.compute); // prettier-ignore
  const depth = c.pad_to_max_tokens ? c.max_tokens! : start + tokens.length;
  const floats = cx.compute === "string" || cx.compute === "int64" ? "float32" : cx.compute;
  if (c.output_mode !== "tf_idf")
    return encoded(cx, index, { mode: c.output_mode, depth, dtype: cx.semantics === "keras3" ? "int64" : floats });
  const counts = encoded(cx, index, { mode: "count", depth, dtype: floats });
  const given = givenIdf(c, mask, oov);
  const weights = given === null ? idf : op.array(given, [given.length], "float32");
  return op.multiply(counts, weights ?? fail("malformed/config", { path: "idf_weights", expected: "numbers" }));
}
