/** Initialisers, regularisers, constraints and dtype policies as each generation writes them. */
import { type JsonNode, type JsonObject } from "../codecs/json.ts";
import type { Dialect } from "../formats/archive.ts";
import { fail } from "../core/error.ts";
import { EDITIONS, LANGUAGES } from "../formats/languages.ts";
import { type LayerNode, quantizationOf } from "../layers/define.ts";
import type { Field } from "../layers/fields.ts";

/** The kinds of options that hold such objects, and the module that Keras 3 finds them in. */
const MODULES: ReadonlyMap<Field["kind"], string> = new Map([
  ["initializer", "keras.initializers"],
  ["regularizer", "keras.regularizers"],
  ["constraint", "keras.constraints"],
]);

const record = (entries: readonly (readonly [string, JsonNode])[]): JsonObject => new Map(entries);

/** Names of classes that Keras 1 and early Keras 2 wrote. */
const OLD_CLASSES: ReadonlyMap<string, string> = new Map([
  ["uniform", "RandomUniform"],
  ["normal", "RandomNormal"],
  ["one", "Ones"],
  ["zero", "Zeros"],
  ["l1l2", "L1L2"],
  ["l1_l2", "L1L2"],
  ["L1L2Regularizer", "L1L2"],
  ["WeightRegularizer", "L1L2"],
  ["ActivityRegularizer", "L1L2"],
  ["maxnorm", "MaxNorm"],
  ["nonneg", "NonNeg"],
  ["unitnorm", "UnitNorm"],
]);

/** Keras 1's `MaxNorm(m=2)`. */
const OLD_OPTIONS: ReadonlyMap<string, string> = new Map([["m", "max_value"]]);

/** Options that an object stores about its own storing. */
const STORING: ReadonlySet<string> = new Set(["dtype", "name", "class_name"]);
const AXES: ReadonlySet<string> = new Set(["input_axes", "output_axes"]);

/** `glorot_uniform` → `GlorotUniform`; class names stay. */
function objectClass(name: string): string {
  return OLD_CLASSES.get(name) ?? name.replace(/(^|_)([a-z0-9])/g, (_, __, c: string) => c.toUpperCase());
}

/** An initialiser, regulariser or constraint, in whatever form it was stored; a function without a name is nothing. */
function plainObject(node: JsonNode, module: string, to: Dialect): JsonNode {
  if (node === null || (typeof node === "string" && node.startsWith("<"))) return null;
  const stored = typeof node === "string" ? record([["class_name", node]]) : node;
  if (!(stored instanceof Map)) return node;
  const name = stored.get("class_name") ?? stored.get("name");
  if (typeof name !== "string") return null;
  const registered = stored.get("registered_name") ?? null;
  const nested = stored.get("config");
  // A class or function of somebody's own is found by its name alone, and only its author knows its options.
  if (typeof nested === "string" || (typeof registered === "string" && registered.includes(">"))) return node;
  const config = record(
    [...(nested instanceof Map ? nested : stored)]
      .filter(([key]) => !STORING.has(key) && (LANGUAGES[to].hasInitializerAxes || !AXES.has(key)))
      .map(([key, value]) => [OLD_OPTIONS.get(key) ?? key, value] as const),
  );
  return LANGUAGES[to].object(module, objectClass(name), config);
}

/** The value of an option in a generation's language. */
export function optionValue(kind: Field["kind"], value: JsonNode, to: Dialect): JsonNode {
  const module = MODULES.get(kind);
  return module === undefined ? value : plainObject(value, module, to);
}

/** The name of a layer's dtype policy. An integer is what Keras 2.0's Embedding calls the dtype of its input. */
function policyName(node: LayerNode, to: Dialect): string {
  const named = (policy: JsonNode | undefined): JsonNode | undefined => {
    const inner = policy instanceof Map ? policy.get("config") : policy;
    if (!(inner instanceof Map)) return inner;
    return inner.has("default_policy") ? named(inner.get("default_policy")) : inner.get("name");
  };
  const name = named(node.options.get("dtype"));
  const integers = node.def?.writing?.integerPolicy?.(node.config as never, node.semantics, LANGUAGES[to].options);
  if ((integers ?? null) !== null) return typeof name === "string" && /^int(32|64)$/.test(name) ? name : integers!;
  return typeof name !== "string" || (EDITIONS[node.semantics].hasIntegerDTypes && /^u?int/.test(name))
    ? "float32"
    : name;
}

/** A layer's `dtype`. */
export function dtypePolicy(node: LayerNode, to: Dialect): JsonNode {
  const quantization = quantizationOf(node.config);
  if (quantization === null) return LANGUAGES[to].policy(policyName(node, to));
  if (LANGUAGES[to].hasQuantization) return node.options.get("dtype")!;
  return fail("unsupported/translation", { path: node.path, expected: "weights of floats", found: quantization.mode });
}
