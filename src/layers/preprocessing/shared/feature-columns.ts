/**
 * Columns of TensorFlow's `tf.feature_column`, as the config of a DenseFeatures has them.
 * Source: tensorflow/python/feature_column/feature_column_v2.py.
 */
import { type JsonNode, JsonNumber, type JsonObject } from "../../../codecs/json.ts";
import { sizeOf } from "../../../core/tensor.ts";

/** Numbers as they are: x[B, …] → y[B, size]. */
interface Numeric {
  readonly kind: "numeric";
  readonly name: string;
  readonly key: string;
  readonly size: number;
}

/** Numbers as the place of each among boundaries. */
export interface Bucketized {
  readonly kind: "bucketized";
  readonly name: string;
  readonly source: Numeric;
  readonly boundaries: readonly number[];
}

/** Values as indices: those of a vocabulary, of a hash, whole numbers themselves, or several values together by a hash. */
export type Categorical =
  | Bucketized
  | { readonly kind: "vocabulary"; readonly name: string; readonly key: string; readonly tokens: readonly string[]; readonly oov: number; readonly absent: number }
  | { readonly kind: "hashed"; readonly name: string; readonly key: string; readonly buckets: number }
  | { readonly kind: "identity"; readonly name: string; readonly key: string; readonly buckets: number; readonly absent: number | null }
  | { readonly kind: "crossed"; readonly name: string; readonly keys: readonly (string | Categorical)[]; readonly buckets: number }; // prettier-ignore

/** What indices become: rows of counts, or the mean, sum or sum by the root of their number of rows of a table. */
export interface Embedding {
  readonly kind: "embedding";
  readonly name: string;
  readonly of: Categorical;
  readonly dimension: number;
  readonly combiner: "mean" | "sqrtn" | "sum";
  readonly initializer: JsonNode;
}
export type Column =
  Numeric | Bucketized | Embedding | { readonly kind: "indicator"; readonly name: string; readonly of: Categorical };

/** How many indices a column can give. */
export function bucketsOf(column: Categorical): number {
  if (column.kind === "bucketized") return (column.boundaries.length + 1) * column.source.size;
  return column.kind === "vocabulary" ? column.tokens.length + column.oov : column.buckets;
}

/** The options of a column that is a `className`, or undefined. */
function optionsOf(node: JsonNode | undefined, className: string): ((key: string) => JsonNode | undefined) | undefined {
  if (!(node instanceof Map) || node.get("class_name") !== className) return undefined;
  const config = node.get("config");
  return config instanceof Map ? (key) => (config as JsonObject).get(key) : undefined;
}

const isText = (node: JsonNode | undefined): node is string => typeof node === "string";
const isCount = (node: JsonNode | undefined): node is JsonNumber =>
  node instanceof JsonNumber && Number.isSafeInteger(node.value) && node.value > 0;
const isNone = (node: JsonNode | undefined): boolean => node === null || node === undefined;
const numbersIn = (node: JsonNode | undefined): readonly number[] | undefined =>
  Array.isArray(node) && node.every((n) => n instanceof JsonNumber)
    ? node.map((n) => (n as JsonNumber).value)
    : undefined;

function readNumeric(node: JsonNode | undefined): Numeric | undefined {
  const option = optionsOf(node, "NumericColumn");
  const [key, shape] = [option?.("key"), option?.("shape")];
  // What normalises is code.
  if (!isText(key) || !Array.isArray(shape) || !shape.every(isCount) || !isNone(option!("normalizer_fn")))
    return undefined;
  const size = sizeOf(shape.map(({ value }) => value));
  return Number.isSafeInteger(size) ? { kind: "numeric", name: key, key, size } : undefined;
}

function readBucketized(node: JsonNode | undefined): Bucketized | undefined {
  const option = optionsOf(node, "BucketizedColumn");
  const [source, boundaries] = [readNumeric(option?.("source_column")), numbersIn(option?.("boundaries"))];
  if (source === undefined || boundaries === undefined) return undefined;
  return { kind: "bucketized", name: `${source.name}_bucketized`, source, boundaries };
}

function readVocabulary(node: JsonNode | undefined): Categorical | undefined {
  const option = optionsOf(node, "VocabularyListCategoricalColumn");
  const [key, list, absent, oov] = ["key", "vocabulary_list", "default_value", "num_oov_buckets"].map((k) =>
    option?.(k),
  );
  if (!isText(key) || !Array.isArray(list)) return undefined;
  const tokens = list.map((token) => (token instanceof JsonNumber ? String(token.value) : token));
  if (!tokens.every(isText)) return undefined;
  const numberOf = (n: JsonNode | undefined, other: number) => (n instanceof JsonNumber ? n.value : other);
  return { kind: "vocabulary", name: key, key, tokens, oov: numberOf(oov, 0), absent: numberOf(absent, -1) };
}

function readHashed(node: JsonNode | undefined): Categorical | undefined {
  const option = optionsOf(node, "HashedCategoricalColumn");
  const [key, buckets] = [option?.("key"), option?.("hash_bucket_size")];
  return isText(key) && isCount(buckets) ? { kind: "hashed", name: key, key, buckets: buckets.value } : undefined;
}

function readIdentity(node: JsonNode | undefined): Categorical | undefined {
  const option = optionsOf(node, "IdentityCategoricalColumn");
  const [key, buckets, absent] = [option?.("key"), option?.("number_buckets"), option?.("default_value")];
  if (!isText(key) || !isCount(buckets)) return undefined;
  return {
    kind: "identity",
    name: key,
    key,
    buckets: buckets.value,
    absent: absent instanceof JsonNumber ? absent.value : null,
  };
}

function readCrossed(node: JsonNode | undefined, depth: number): Categorical | undefined {
  const option = optionsOf(node, "CrossedColumn");
  const [list, buckets] = [option?.("keys"), option?.("hash_bucket_size")];
  if (!Array.isArray(list) || !isCount(buckets) || !isNone(option!("hash_key")) || depth > 0) return undefined;
  const keys = list.map((key: JsonNode) => (isText(key) ? key : readCategorical(key, depth + 1)));
  if (!keys.every((key) => key !== undefined)) return undefined;
  const names = keys.map((key) => (typeof key === "string" ? key : key.name));
  return { kind: "crossed", name: names.sort().join("_X_"), keys, buckets: buckets.value };
}

const readCategorical = (node: JsonNode | undefined, depth = 0): Categorical | undefined =>
  readBucketized(node) ?? readVocabulary(node) ?? readHashed(node) ?? readIdentity(node) ?? readCrossed(node, depth);

/** A column, undefined where it is of another kind, or holds code. */
export function readColumn(node: JsonNode): Column | undefined {
  const dense = readNumeric(node) ?? readBucketized(node);
  if (dense !== undefined) return dense;
  const indicator = optionsOf(node, "IndicatorColumn");
  const option = indicator ?? optionsOf(node, "EmbeddingColumn");
  const of = readCategorical(option?.("categorical_column"));
  if (option === undefined || of === undefined) return undefined;
  if (indicator !== undefined) return { kind: "indicator", name: `${of.name}_indicator`, of };
  const [dimension, combiner, initializer, norm, from] = ["dimension", "combiner", "initializer", "max_norm", "ckpt_to_load_from"].map(option); // prettier-ignore
  if (!isCount(dimension) || (combiner !== "mean" && combiner !== "sqrtn" && combiner !== "sum")) return undefined;
  if (!isNone(norm) || !isNone(from)) return undefined;
  return {
    kind: "embedding",
    name: `${of.name}_embedding`,
    of,
    dimension: dimension.value,
    combiner,
    initializer: initializer ?? null,
  };
}
