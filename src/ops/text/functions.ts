/**
 * What is done with texts before numbers come of them: plain functions of tensors, whose lengths may depend on what is
 * in them. Source: keras/src/layers/preprocessing/, and the TensorFlow kernels that it calls.
 */
import { atMost, fail } from "../../core/error.ts";
import { sizeOf, type Tensor, valuesOf } from "../../core/tensor.ts";
import type { TextFunction, TextOptions } from "../attributes.ts";
import { farmHash64, joined, remainder, sipHash64, wordOf } from "./hash.ts";
import { lowered, STRINGS } from "./strings.ts";

type Key = readonly [number, number] | null;
type Fn = (x: readonly Tensor[], options: TextOptions, runBytes: number) => Tensor;

const int64 = (shape: readonly number[], values: readonly (bigint | number)[]): Tensor => {
  const data = new BigInt64Array(values.length);
  values.forEach((v, i) => (data[i] = BigInt(v)));
  return { dtype: "int64", shape, data };
};
const strings = (shape: readonly number[], data: string[]): Tensor => ({ dtype: "string", shape, data });

/** Elements as texts; numbers as whole ones in decimal. */
const textsOf = (x: Tensor): string[] =>
  Array.from(valuesOf(x), (v) => (typeof v === "number" ? String(Math.trunc(v)) : String(v)));

/** Which of `bins` a text belongs to. */
function buckets(bins: number, key: Key): (text: string) => number {
  if (key === null) return (text) => remainder(farmHash64(text), bins);
  const words = [wordOf(BigInt(key[0])), wordOf(BigInt(key[1]))] as const;
  return (text) => remainder(sipHash64(text, words), bins);
}

const tables = new WeakMap<object, ReadonlyMap<string, number>>();

/** Places of the tokens in a vocabulary. */
function placesOf(vocabulary: readonly (string | number)[]): ReadonlyMap<string, number> {
  const known = tables.get(vocabulary);
  if (known !== undefined) return known;
  const places = new Map(vocabulary.map((token, i) => [String(token), i]));
  tables.set(vocabulary, places);
  return places;
}

/** Tokens to indices; what is not in the vocabulary goes to one of `oov` places, by its hash. */
const lookup: Fn = ([x], o) => {
  const places = placesOf(o["vocabulary"] as readonly string[]);
  const [mask, maskIndex, oov, oovStart] = [o["mask"], o["maskIndex"], o["oov"], o["oovStart"]] as [string | null, number, number, number]; // prettier-ignore
  const { key, floormod } = o as { readonly key: Key; readonly floormod: boolean };
  const bucket = buckets(oov, key);
  const one = (token: string): number => {
    if (mask !== null && token === mask) return maskIndex;
    const place = places.get(token);
    if (place !== undefined) return place + oovStart + oov;
    if (oov === 0) return fail("mismatch/range", { expected: "a token of the vocabulary", found: token.slice(0, 60) });
    if (oov === 1) return oovStart;
    if (!floormod) return oovStart + bucket(token);
    const n = BigInt(oov);
    return oovStart + Number(((BigInt(token) % n) + n) % n);
  };
  return int64(x!.shape, textsOf(x!).map(one));
};

/** Indices to tokens. */
const invert: Fn = ([x], o) => {
  const vocabulary = o["vocabulary"] as readonly (string | number)[];
  const { start, mask, oov } = o as { readonly start: number; readonly mask: string | number | null; readonly oov: string | number }; // prettier-ignore
  const tokens = textsOf(x!).map((text) => {
    const index = Number(text);
    return index === 0 && mask !== null ? mask : (vocabulary[index - start] ?? oov);
  });
  return o["numbers"] === true ? int64(x!.shape, tokens as number[]) : strings(x!.shape, tokens.map(String));
};

/** Values to one of `bins` places by their hash; the masked ones to the first. */
const hash: Fn = ([x], o) => {
  const { bins, mask, key } = o as { readonly bins: number; readonly mask: string | null; readonly key: Key };
  const own = mask !== null && bins > 1;
  const bucket = buckets(own ? bins - 1 : bins, key);
  const one = (text: string): number => (own ? (text === mask ? 0 : 1 + bucket(text)) : bucket(text));
  // TensorFlow's `as_string`.
  const texts = x!.dtype === "bool" ? Array.from(valuesOf(x!), (v) => String(Boolean(v))) : textsOf(x!);
  return int64(x!.shape, texts.map(one));
};

const CROSS_KEY = wordOf(0xdecafcaffen);

/** Values of several inputs together to one of `bins` places. */
const cross: Fn = (x, o) => {
  const columns = x.map((one) =>
    one.dtype === "string" ? textsOf(one).map(farmHash64) : textsOf(one).map((v) => wordOf(BigInt(v))),
  );
  const bins = o["bins"] as number;
  const rows = columns[0]!.map((_, i) =>
    remainder(
      columns.reduce((sum, column) => joined(sum, column[i]!), CROSS_KEY),
      bins,
    ),
  );
  return int64(x[0]!.shape, rows);
};

const PUNCTUATION = /[!"#$%&()*+,\-./:;<=>?@[\\\]^_`{|}~']/g;

function standard(text: string, how: unknown): string {
  const small = how === "lower" || how === "lower_and_strip_punctuation" ? lowered(text) : text;
  return how === "strip_punctuation" || how === "lower_and_strip_punctuation" ? small.replace(PUNCTUATION, "") : small;
}

const parts = (text: string, how: unknown): string[] =>
  how === "character" ? Array.from(text) : text.split(/[ \t\n\v\f\r]+/).filter((part) => part !== "");

const grams = (words: readonly string[], widths: readonly number[]): string[] =>
  widths.flatMap((n) => words.slice(0, Math.max(0, words.length - n + 1)).map((_, i) => words.slice(i, i + n).join(" "))); // prettier-ignore

/** Bytes of a text in an array, beside its characters. */
const POINTER = 8;

/** Texts to tokens, "" behind the last of a row: as many as the longest row has, or `length`. */
const tokens: Fn = ([x], o, runBytes) => {
  const { split, length } = o as { readonly split: string | null; readonly length: number | null };
  const widths = o["ngrams"] as readonly number[] | null;
  const texts = (x!.data as string[]).map((text) => standard(text, o["standardize"]));
  const isRow = split === null && x!.shape.length > 1;
  const width = isRow ? x!.shape.at(-1)! : 1;
  if (split !== null && x!.shape.length > 1 && x!.shape.at(-1) !== 1)
    return fail("mismatch/shape", { expected: "one text in the last axis", found: String(x!.shape.at(-1)) });
  const lead = x!.shape.length > 1 ? x!.shape.slice(0, -1) : x!.shape;
  const rows = Array.from({ length: sizeOf(lead) }, (_, i) => {
    const words = split === null ? texts.slice(i * width, (i + 1) * width) : parts(texts[i]!, split);
    return widths === null ? words : grams(words, widths);
  });
  const longest = length ?? rows.reduce((most, row) => Math.max(most, row.length), 0);
  atMost("limit/run-bytes", rows.length * longest * POINTER, runBytes, "bytes of texts");
  const padded = rows.flatMap((row) => Array.from({ length: longest }, (_, i) => row[i] ?? ""));
  return strings([...lead, longest], padded);
};

/** Texts of the file. */
const constant: Fn = (_, o) => {
  const { shape, texts } = o as { readonly shape: readonly number[]; readonly texts: readonly string[] };
  return strings(shape, [...texts]);
};

const FUNCTIONS: Readonly<Record<TextFunction, Fn>> = { tokens, lookup, invert, hash, cross, constant, ...STRINGS };

/** What a function makes of tensors. Throws `limit/run-bytes`, and what its values may not be. */
export const ofTexts = (fn: TextFunction, x: readonly Tensor[], options: TextOptions, runBytes: number): Tensor =>
  FUNCTIONS[fn](x, options, runBytes);
