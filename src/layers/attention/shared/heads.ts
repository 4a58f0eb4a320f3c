/**
 * Attention over several heads:
 *   q, k, v = query·Wq + bq, key·Wk + bk, value·Wv + bv                 [B, T…, heads, features]
 *   scores = softmax(q·kᵀ / √features, of what the masks keep)          [B, …, heads, T…, S…]
 *   y = (scores·v ⊙ sigmoid(query·Wg + bg))·Wo + bo                     the gate only with use_gate
 * Source: keras/src/layers/attention/multi_head_attention.py, grouped_query_attention.py,
 * tf_keras/layers/attention/multi_head_attention.py.
 */
import { listOf } from "../../../core/list.ts";
import { JsonNumber, type JsonNode, type JsonObject } from "../../../codecs/json.ts";
import { isFloat } from "../../../core/dtype.ts";
import { fail } from "../../../core/error.ts";
import { showShape } from "../../../core/tensor.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context, KwArgs, LayerConfig } from "../../define.ts";
import {
  bool, type Config, constraint, float, initializer, int, keras3Only, optional, regularizer, within,
} from "../../fields.ts"; // prettier-ignore
import { isSym, truth } from "../../common/args.ts";
import { einsum } from "../../common/einsum.ts";
import { droppedOut } from "../../common/randomness.ts";
import { maskedSoftmax } from "../../common/softmax.ts";
import { allOf, bandMask, causalMask } from "./masked.ts";

/** The parameters of Keras 3's call; those of older ones are among them. */
export const headArgs: readonly string[] = [
  "query", "value", "key", "query_mask", "value_mask", "key_mask", "attention_mask", "return_attention_scores",
  "training", "use_causal_mask",
]; // prettier-ignore

/** Options beside the sizes. */
export const headFields = {
  dropout: within(float(0), [0, 1]),
  use_bias: bool(true),
  use_gate: keras3Only(bool(false)),
  sliding_window: keras3Only(optional(int({ min: 1 }))),
  kernel_initializer: initializer("GlorotUniform"),
  bias_initializer: initializer("Zeros"),
  kernel_regularizer: regularizer(),
  bias_regularizer: regularizer(),
  activity_regularizer: regularizer(),
  kernel_constraint: constraint(),
  bias_constraint: constraint(),
  seed: keras3Only(optional(int())),
};

type HeadOptions = Config<typeof headFields>;

/** Options that are those of each projection. */
const HANDED_ON = [
  "dtype", "kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer", "activity_regularizer",
  "kernel_constraint", "bias_constraint",
] as const; // prettier-ignore

/** The config of an EinsumDense that Keras makes of the layer's options: over the last axis, or the last two, of its input. */
function projection(
  c: HeadOptions,
  options: JsonObject,
  name: string,
  [input, output]: readonly [string, string],
  sizes: readonly (number | null)[],
): LayerConfig {
  const config: JsonObject = new Map<string, JsonNode>([["name", name]]);
  for (const key of HANDED_ON) {
    const value = options.get(key);
    if (value !== undefined) config.set(key, value);
  }
  config.set("equation", `...${input},${input}${output}->...${output}`);
  config.set(
    "output_shape",
    sizes.map((n) => (n === null ? null : JsonNumber.of(n, "int"))),
  );
  config.set("bias_axes", c.use_bias ? output : null);
  if (name === "gate") config.set("activation", "sigmoid");
  return new Map<string, JsonNode>([
    ["class_name", "EinsumDense"],
    ["config", config],
  ]);
}

/** The projection to heads of so many features. */
export const toHeads = (
  c: HeadOptions,
  options: JsonObject,
  name: string,
  heads: number,
  features: number,
): LayerConfig => projection(c, options, name, ["x", "yz"], [heads, features]);

/** The lengths of the output; null, as nothing and a plain 0 say: the query's. */
export const outputSizes = (sizes: readonly number[] | null, options: JsonObject): readonly number[] | null =>
  sizes === null || sizes.length === 0 || (sizes[0] === 0 && !Array.isArray(options.get("output_shape")))
    ? null
    : sizes;

/** The projection of all heads to the output; its lengths are the query's where `sizes` is null. */
export function fromHeads(c: HeadOptions, options: JsonObject, sizes: readonly number[] | null): LayerConfig {
  const letters = "abcdefghijklmnopqrstuvw".slice(0, sizes?.length ?? 1);
  return projection(c, options, "attention_output", ["yz", letters], sizes ?? [null]);
}

interface Heads {
  readonly heads: number;
  /** Of the query and the key. */
  readonly features: number;
  readonly valueFeatures: number;
  /** Heads of the query for each of the key and the value. */
  readonly groups: number;
  /** Of the output; null: the query's. */
  readonly sizes: readonly number[] | null;
  /** Axes of the projected query that attention goes over; null: all between the batch and the heads. */
  readonly axes: readonly number[] | null;
  /** Whether it takes the masks from its inputs, and the query's own in place of one that is given. */
  readonly takesMasks: boolean;
  /** What stands before the names of the projections. */
  readonly prefix: "" | "_";
}

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** The two products, by letters: q[B, …, N, H]·k → scores, and scores·v. */
function equations(rank: number, axes: readonly number[]): { product: string; combine: string } {
  const query = Array.from(LETTERS.slice(0, rank));
  const value = query.map((letter, i) => (axes.includes(i) ? LETTERS[rank + i]! : letter));
  const scores = [
    ...query.filter((_, i) => i < rank - 1 && !axes.includes(i)),
    ...axes.map((i) => query[i]!),
    ...axes.map((i) => value[i]!),
  ].join("");
  const [q, v] = [query.join(""), value.join("")];
  return { product: `${q},${v}->${scores}`, combine: `${scores},${v}->${q}` };
}

interface Masked {
  readonly mask: Sym | undefined;
  /** Whether it may keep nothing of a place's values: a causal mask alone keeps the first. */
  readonly mayBeEmpty: boolean;
}

const robustMasking = (cx: Context): boolean => cx.node.options.get("softmax_robust_masking") === true;

/** Of all masks, given and carried, one; tf-keras and GroupQueryAttention keep numbers that are given alone. */
function maskFor(cx: Context, c: HeadOptions, h: Heads, query: Sym, value: Sym, kw: KwArgs): Masked {
  const { op } = cx;
  const bools = (arg: KwArgs[string]): Sym | undefined => (isSym(arg) ? op.cast(arg, "bool") : undefined);
  const older = cx.semantics !== "keras3";
  const key = kw["key"];
  const ofQuery = bools(older || h.takesMasks ? cx.carriedMask(query) : kw["query_mask"]);
  const ofValues = older ? [value.mask, isSym(key) ? key.mask : undefined] : [kw["value_mask"], kw["key_mask"]];
  const given = kw["attention_mask"];
  const causal = truth(kw["use_causal_mask"], "use_causal_mask") === true ? causalMask(cx, query, value) : undefined;
  const partial = allOf(
    cx,
    ofQuery && op.expandDims(ofQuery, [older ? 2 : ofQuery.shape.length]),
    ...ofValues
      .map((mask) => bools(mask))
      .map((mask) => mask && op.expandDims(mask, [older ? 1 : mask.shape.length - 1])),
    c.sliding_window === null ? undefined : bandMask(cx, query, value, c.sliding_window),
  );
  const own = allOf(cx, partial, causal);
  const keepsNumbers = older ? !robustMasking(cx) : !h.takesMasks;
  const alone = keepsNumbers && own === undefined && isSym(given);
  const mask = alone ? given : allOf(cx, own, bools(given));
  return { mask, mayBeEmpty: partial !== undefined || isSym(given) };
}

/** A mask[B, T…, S…] with axes of 1 where the scores[B, …, heads, T…, S…] have more: attention over `count` axes. */
function widened(cx: Context, mask: Sym | undefined, rank: number, count: number): Sym | undefined {
  if (mask === undefined || mask.shape.length === rank) return mask;
  const at = mask.shape.length - 2 * count;
  if (at < 0 || mask.shape.length > rank)
    return fail("mismatch/rank", {
      message: "mask",
      expected: `${2 * count} to ${rank} axes`,
      found: showShape(mask.shape),
    });
  return cx.op.expandDims(
    mask,
    listOf(rank - mask.shape.length, (i) => at + i),
  );
}

/** The masks of those: the query's, and what the scores were made by. */
export const headMasks = (
  _cx: Context,
  _c: unknown,
  [mask]: readonly (Sym | undefined)[],
  _x: readonly Sym[],
  [, scores]: readonly Sym[],
): readonly (Sym | undefined)[] => [mask, scores?.mask];

/** y, and the scores where the call wants them. */
export function attendHeads(cx: Context, c: HeadOptions, h: Heads, query: Sym, kw: KwArgs): readonly Sym[] {
  const { op } = cx;
  if (!isFloat(cx.compute)) fail("unsupported/dtype", { expected: "a policy of floats", found: cx.compute });
  const value = kw["value"];
  if (!isSym(value)) return fail("mismatch/inputs", { expected: "a query and a value", found: "no value" });
  const key = isSym(kw["key"]) ? kw["key"] : value;
  const { mask, mayBeEmpty } = maskFor(cx, c, h, query, value, kw);
  if (h.takesMasks && cx.semantics === "keras3") for (const x of [query, value, key]) cx.dropMask(x);
  const project = (attribute: string, x: Sym): Sym => cx.call(cx.child(attribute), [cx.withMask(x, undefined)])[0]!;
  const spread = (x: Sym): Sym => (h.groups === 1 ? x : op.repeat(x, x.shape.length - 2, h.groups));
  const gate = c.use_gate ? project("_gate_dense", query) : undefined;
  // Keras 3 rounds the factor.
  const factor = 1 / Math.sqrt(h.features);
  const q = op.multiply(
    project(`${h.prefix}query_dense`, query),
    cx.semantics === "keras3" ? Math.fround(factor) : factor,
  );
  const [k, v] = [spread(project(`${h.prefix}key_dense`, key)), spread(project(`${h.prefix}value_dense`, value))];
  const rank = q.shape.length;
  const from = cx.semantics === "keras3" ? rank - 1 : rank;
  const returned = truth(kw["return_attention_scores"], "return_attention_scores") === true;
  // Keras 3's fused product, which it takes for four axes, is a plain softmax over time, whatever `attention_axes` says.
  const isFused = cx.semantics === "keras3" && c.dropout === 0 && !returned && rank === 4;
  const given = isFused ? null : h.axes;
  const axes = given?.map((axis) => (axis < 0 ? axis + from : axis)) ?? listOf(rank - 3, (i) => i + 1);
  const { product, combine } = equations(rank, axes);
  const zeros = mayBeEmpty && cx.semantics === "keras3" && !isFused;
  const products = einsum(cx, product, [q, k]);
  const last = products.shape.length - axes.length;
  const over = axes.map((_, i) => last + i);
  // The fused product keeps what is not 0, a Softmax layer what is above a half.
  const kept = isFused && mask !== undefined ? op.cast(mask, "bool") : mask;
  const wide = widened(cx, kept, products.shape.length, axes.length);
  const scores = maskedSoftmax(cx, products, wide, over, {
    robust: robustMasking(cx),
    zeros,
  });
  const context = einsum(cx, combine, [droppedOut(cx, scores, c.dropout), v]);
  const sizes = h.sizes ?? [query.shape.at(-1) ?? null];
  cx.build(cx.child(`${h.prefix}output_dense`), { kernel: [h.heads, h.valueFeatures, ...sizes], bias: sizes });
  const y = project(`${h.prefix}output_dense`, gate === undefined ? context : op.multiply(context, gate));
  // MultiHeadAttention of Keras 3 says that each query meets as many values as there are queries along the first axis.
  if (returned && cx.tells && h.takesMasks && cx.semantics === "keras3") {
    const steps = cx.size(query, 1);
    return [y, op.full([cx.size(query, 0), h.heads, steps, steps], 0, scores.dtype)];
  }
  // A Softmax layer made the scores, which keep its mask.
  return returned ? [y, cx.withMask(scores, wide)] : [y];
}
