/**
 * Columns of a table, each through a layer of its own, some crossed by a hash, indices as rows of one place a value; all in
 * one row, or apart by name: a model that takes and, apart, gives a record. No weights of its own.
 * x[B, 1] a feature, by sorted name → y[B, features], or y[B, …] a feature and a cross, by sorted name.
 * Source: keras/src/layers/preprocessing/feature_space.py, tf_keras/utils/feature_space.py.
 */
import { type JsonNode, JsonNumber, type JsonObject } from "../../codecs/json.ts";
import { type DType, isDType, isInteger } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import { type Context, layer, type LayerNode } from "../define.ts";
import { choice, type Config, field, int, json } from "../fields.ts";
import { conformed } from "../common/model-inputs.ts";
import { callInner } from "../common/wrapper.ts";
import { crossed } from "./shared/cross.ts";
import { encoded } from "./shared/encode.ts";
import { vocabularySize } from "./shared/lookup.ts";

interface Feature {
  readonly name: string;
  readonly dtype: DType;
  readonly preprocessor: JsonObject;
  readonly isOneHot: boolean;
}

interface Cross {
  readonly features: readonly string[];
  readonly bins: number;
  readonly isOneHot: boolean;
}

const optionsOf = (node: JsonNode | undefined): JsonObject | undefined => {
  const config = node instanceof Map ? node.get("config") : undefined;
  return config instanceof Map ? config : undefined;
};

function readFeature(name: string, node: JsonNode): Feature | undefined {
  const [dtype, preprocessor, mode] = ["dtype", "preprocessor", "output_mode"].map((key) => optionsOf(node)?.get(key));
  const known = typeof dtype === "string" && isDType(dtype) && preprocessor instanceof Map;
  return known ? { name, dtype, preprocessor, isOneHot: mode === "one_hot" } : undefined;
}

function readCross(node: JsonNode): Cross | undefined {
  const [names, bins, mode] = ["feature_names", "crossing_dim", "output_mode"].map((key) => optionsOf(node)?.get(key));
  const known = Array.isArray(names) && names.every((name) => typeof name === "string") && bins instanceof JsonNumber;
  return known ? { features: names, bins: bins.value, isOneHot: mode === "one_hot" } : undefined;
}

const whole = <T>(items: readonly (T | undefined)[]): readonly T[] | undefined =>
  items.every((item) => item !== undefined) ? items : undefined;

const config = {
  features: field<readonly Feature[], never, undefined>({
    expected: "features by name",
    initial: undefined,
    read: (node) => (node instanceof Map ? whole([...node].map(([name, one]) => readFeature(name, one))) : undefined),
    toJson: (value) => value,
  }),
  output_mode: choice(["concat", "dict"], "concat"),
  crosses: field<readonly Cross[], JsonNode, JsonNode>({
    expected: "crosses of features",
    initial: [],
    read: (node) => (Array.isArray(node) ? whole(node.map(readCross)) : undefined),
    toJson: (value) => value,
  }),
  crossing_dim: json(JsonNumber.of(32, "int")),
  hashing_dim: json(JsonNumber.of(32, "int")),
  num_discretization_bins: int({ default: 32 }),
};

const sorted = <T extends { readonly name: string }>(items: readonly T[]): readonly T[] =>
  [...items].sort((a, b) => (a.name < b.name ? -1 : 1));

const optionsOfNode = (node: LayerNode) => node.config as Config<typeof config>;

const inputsOf = (node: LayerNode) =>
  sorted<Feature>(optionsOfNode(node).features).map(({ name, dtype }) => ({ name, dtype, shape: [null, 1] }));

const nameOf = ({ features }: Cross): string => features.join("_X_");

/** How many values the indices of a layer have; null where it does not tell. */
function cardinality({ def, config: c, path }: LayerNode): number | null {
  switch (def?.class) {
    case "IntegerLookup":
    case "StringLookup":
      return vocabularySize(c as unknown as Parameters<typeof vocabularySize>[0]);
    case "CategoryEncoding":
      return c["num_tokens"] as number;
    case "Discretization":
    case "Hashing":
    case "HashedCrossing":
      return c["num_bins"] as number | null;
    default:
      return fail("malformed/config", { path, expected: "a layer that gives indices", found: def?.class ?? "none" });
  }
}

/** Indices as rows, as CategoryEncoding makes them. */
function oneHot(cx: Context, index: Sym, depth: number | null, name: string): Sym {
  if (!isInteger(index.dtype))
    return fail("malformed/config", { path: name, expected: "indices, for one_hot", found: index.dtype });
  return depth === null ? index : encoded(cx, index, { mode: "multi_hot", depth, dtype: "float32" });
}

export const featureSpace = layer({
  class: "FeatureSpace",
  module: "keras.utils",
  calls: { casts: "older" },
  writing: { ownDialect: true },
  config,
  children: {
    preprocessors: { config: (c) => c.features.map(({ preprocessor }) => preprocessor), spelled: "many" },
  },
  inputs: inputsOf,
  outputs(node) {
    const { output_mode, features, crosses } = optionsOfNode(node);
    if (output_mode === "concat") return [{ name: node.name }];
    return sorted([...features.map(({ name }) => ({ name })), ...crosses.map((cross) => ({ name: nameOf(cross) }))]);
  },
  forward(cx, c, _w, x) {
    const specs = inputsOf(cx.node);
    if (x.length !== specs.length)
      fail("mismatch/inputs", { expected: `${specs.length} inputs`, found: String(x.length) });
    const given = new Map(conformed(cx, specs, x).map((sym, i) => [specs[i]!.name, sym]));
    const layers = cx.childList("preprocessors");
    const made = c.features.map((feature, i) => {
      const [y] = callInner(cx, layers[i]!, [given.get(feature.name)!]);
      return { name: feature.name, y: y!, depth: () => cardinality(layers[i]!), isOneHot: feature.isOneHot };
    });
    const crosses = c.crosses.map((cross) => {
      const of = cross.features.map(
        (name) => made.find((one) => one.name === name)?.y ??
          fail("malformed/config", { path: "crosses", expected: "names of features", found: name }),
      ); // prettier-ignore
      return { name: nameOf(cross), y: crossed(cx, of, cross.bins), depth: () => cross.bins, isOneHot: cross.isOneHot };
    });
    const rows = ({ name, y, depth, isOneHot }: (typeof made)[number]) => ({
      name,
      y: isOneHot ? oneHot(cx, y, depth(), name) : y,
    });
    if (c.output_mode === "dict") return sorted([...made, ...crosses].map(rows)).map(({ y }) => y);
    const all = [...sorted(made), ...sorted(crosses)].map(rows);
    const left = all.find(({ y }) => isInteger(y.dtype) || y.dtype === "string");
    if (left !== undefined)
      fail("malformed/config", { path: left.name, expected: "floats, to be put in one row", found: left.y.dtype });
    return cx.op.concat(all.map(({ y }) => y), -1); // prettier-ignore
  },
});
