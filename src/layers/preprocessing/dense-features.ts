/**
 * Features by their names, each through a column of `tf.feature_column`, side by side in the order of the columns' names:
 * x a record of [B] or [B, values] → y[B, sum of the columns' sizes] of float32. Gone in Keras 3, which has FeatureSpace.
 * embedding_weights[indices, dimension] for each embedding column, in that order.
 * Source: tf_keras/feature_column/dense_features.py, tensorflow/python/feature_column/feature_column_v2.py.
 */
import type { JsonNode } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import { listOf } from "../../core/list.ts";
import type { Sym } from "../../ops/types.ts";
import { type Arg, type Context, layer, type WeightDecl } from "../define.ts";
import { field, json } from "../fields.ts";
import { isSym } from "../common/args.ts";
import { crossed } from "./shared/cross.ts";
import { bucketsOf, type Bucketized, type Categorical, type Column, type Embedding, readColumn } from "./shared/feature-columns.ts"; // prettier-ignore

interface Options {
  readonly feature_columns: readonly Column[];
}

/** The most embedding columns of one layer. */
const MOST = 1024;

const byName = (a: Column, b: Column): number => (a.name < b.name ? -1 : 1);
const sorted = new WeakMap<readonly Column[], readonly Embedding[]>();

function embeddingsOf({ feature_columns: columns }: Options): readonly Embedding[] {
  const known = sorted.get(columns) ?? [...columns].sort(byName).filter((column) => column.kind === "embedding");
  sorted.set(columns, known);
  return known;
}

const weightName = (i: number): string => (i === 0 ? "embedding_weights" : `embedding_weights_${i}`);
const table = (i: number): WeightDecl<Options> => ({
  when: (c) => i < embeddingsOf(c).length,
  shape(c) {
    const { of, dimension } = embeddingsOf(c)[i]!;
    return [bucketsOf(of), dimension];
  },
  init: (c) => embeddingsOf(c)[i]!.initializer,
  olderNames: (c) => [`${embeddingsOf(c)[i]!.name}/embedding_weights`],
});

/** Indices[B, values] as int64, and which of them there are not. */
interface Indices {
  readonly index: Sym;
  readonly isLeftOut: Sym | null;
}

/** One call's features. */
class Features {
  readonly #cx: Context;
  readonly #given: { readonly [key: string]: Arg };

  constructor(cx: Context, given: Arg | undefined) {
    this.#cx = cx;
    const isRecord = typeof given === "object" && given !== null && !Array.isArray(given) && !isSym(given);
    this.#given = isRecord
      ? (given as { readonly [key: string]: Arg })
      : fail("unsupported/argument", { path: "features", expected: "values by name" });
  }

  /** x[B, values] */
  value(key: string): Sym {
    const x = this.#given[key];
    if (!isSym(x))
      return fail("mismatch/inputs", { expected: `a feature ${key}`, found: Object.keys(this.#given).join(", ") });
    return x.shape.length > 1 ? x : this.#cx.op.expandDims(x, [-1]);
  }

  numbers(column: Bucketized["source"]): Sym {
    const { op } = this.#cx;
    const x = this.value(column.key);
    if (x.dtype === "string")
      return fail("unsupported/dtype", { path: column.key, expected: "numbers", found: "string" });
    return op.reshape(op.cast(x, "float32"), [this.#cx.size(x, 0), column.size]);
  }

  /** How many boundaries are not above each number: [B, size] of int64. */
  buckets({ source, boundaries }: Bucketized): Sym {
    const { op } = this.#cx;
    const known = op.array(boundaries, [boundaries.length], "float32");
    const below = op.lessEqual(known, op.expandDims(this.numbers(source), [-1]));
    return op.cast(op.sum(op.cast(below, "int32"), [-1]), "int64");
  }

  indices(column: Categorical): Indices {
    const { op } = this.#cx;
    if (column.kind === "bucketized") {
      const offsets = listOf(column.source.size, (i) => i * (column.boundaries.length + 1));
      return { index: op.add(this.buckets(column), op.array(offsets, [offsets.length], "int64")), isLeftOut: null };
    }
    if (column.kind === "crossed") return this.#crossed(column.keys, column.buckets);
    const x = this.value(column.key);
    if (x.dtype !== "string" && !/^u?int/.test(x.dtype))
      return fail("unsupported/dtype", { path: column.key, expected: "texts or whole numbers", found: x.dtype });
    if (x.dtype === "string" && column.kind === "identity")
      return fail("unsupported/dtype", { path: column.key, expected: "whole numbers", found: x.dtype });
    // TensorFlow takes these for nothing.
    const none = x.dtype === "string" ? "" : "-1";
    const isLeftOut = op.equal(this.#place(x, [none], 1), op.constant(1, "int64"));
    if (column.kind === "identity") {
      const index = op.cast(x, "int64");
      if (column.absent === null) return { index, isLeftOut };
      const isIn = op.logicalAnd(op.greaterEqual(index, 0), op.less(index, column.buckets));
      return { index: op.where(isIn, index, op.constant(column.absent, "int64")), isLeftOut };
    }
    if (column.kind === "hashed") {
      const options = { bins: column.buckets, mask: null, key: null };
      return { index: op.text([x], { fn: "hash", options, shape: x.shape, dtype: "int64" }), isLeftOut };
    }
    const unknown = Math.max(column.oov, 1);
    const place = this.#place(x, column.tokens, unknown);
    const absent = column.oov > 0 ? op.add(place, column.tokens.length) : op.constant(column.absent, "int64");
    return { index: op.where(op.less(place, unknown), absent, op.subtract(place, unknown)), isLeftOut };
  }

  /** Below `unknown` a bucket of what is not among the tokens, from there on the place. */
  #place(x: Sym, tokens: readonly string[], unknown: number): Sym {
    const options = {
      vocabulary: tokens,
      mask: null,
      maskIndex: -1,
      oov: unknown,
      oovStart: 0,
      key: null,
      floormod: false,
    };
    return this.#cx.op.text([x], { fn: "lookup", options, shape: x.shape, dtype: "int64" });
  }

  #crossed(keys: readonly (string | Categorical)[], bins: number): Indices {
    const { op } = this.#cx;
    // TensorFlow's kernel takes what is sparse before what is not.
    const inOrder = [
      ...keys.filter((key) => typeof key !== "string"),
      ...keys.filter((key) => typeof key === "string"),
    ];
    const parts = inOrder.map((key) =>
      typeof key === "string" ? { index: this.value(key), isLeftOut: null } : this.indices(key),
    );
    const isLeftOut = parts.flatMap((part) => part.isLeftOut ?? []);
    const index = crossed(
      this.#cx,
      parts.map((part) => part.index),
      bins,
    );
    return { index, isLeftOut: isLeftOut.length === 0 ? null : isLeftOut.reduce((a, b) => op.logicalOr(a, b)) };
  }

  /** The same with -1 for what there is not. */
  #whole(column: Categorical): Sym {
    const { index, isLeftOut } = this.indices(column);
    return isLeftOut === null ? index : this.#cx.op.where(isLeftOut, this.#cx.op.constant(-1, "int64"), index);
  }

  /** How often each index is there. */
  counts(column: Categorical): Sym {
    const { op } = this.#cx;
    const places = op.equal(op.expandDims(this.#whole(column), [-1]), op.iota(bucketsOf(column), "int64"));
    return op.sum(op.cast(places, "float32"), [1]);
  }

  /** Rows of `weights` for the indices that there are, combined. */
  embedded({ of, combiner }: Embedding, weights: Sym): Sym {
    const { op } = this.#cx;
    const index = this.#whole(of);
    const isThere = op.greaterEqual(index, 0);
    const rows = op.gather(weights, op.where(isThere, index, op.constant(0, "int64")), 0);
    const there = op.expandDims(op.cast(isThere, "float32"), [-1]);
    const sum = op.sum(op.multiply(rows, there), [1]);
    if (combiner === "sum") return sum;
    const count = op.maximum(op.sum(there, [1]), 1);
    return op.divide(sum, combiner === "mean" ? count : op.sqrt(count));
  }
}

export const denseFeatures = layer({
  class: "DenseFeatures",
  until: "keras2",
  args: ["features", "cols_to_output_tensors"],
  config: {
    feature_columns: field<readonly Column[], never, undefined>({
      expected: `columns of numbers, buckets, indicators and at most ${MOST} embeddings, without code`,
      initial: undefined,
      read(node: JsonNode) {
        const columns = Array.isArray(node) && node.length > 0 ? node.map(readColumn) : [undefined];
        if (!columns.every((column) => column !== undefined)) return undefined;
        return embeddingsOf({ feature_columns: columns }).length > MOST ? undefined : columns;
      },
      toJson: (value) => value,
    }),
    partitioner: json(),
  },
  weights: Object.fromEntries(listOf(MOST, (i) => [weightName(i), table(i)])),
  forward(cx, c, w, _x, kw) {
    if ((kw["cols_to_output_tensors"] ?? null) !== null)
      fail("unsupported/argument", { path: "cols_to_output_tensors" });
    const features = new Features(cx, kw["features"]);
    const embeddings = embeddingsOf(c);
    const parts = [...c.feature_columns].sort(byName).map((column): Sym => {
      switch (column.kind) {
        case "numeric":
          return features.numbers(column);
        case "bucketized":
          return features.counts(column);
        case "indicator":
          return features.counts(column.of);
        case "embedding":
          return features.embedded(column, w[weightName(embeddings.indexOf(column))]!);
      }
    });
    return parts.length === 1 ? parts[0]! : cx.op.concat(parts, -1);
  },
});
