/**
 * Writes a model's config in another generation's language: options under today's or under older names, nested objects
 * in that generation's form, calls as that generation writes them. What has no equal there is refused by name.
 */
import { JsonNumber, type JsonNode, type JsonObject, printJson } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import type { Dialect } from "../formats/archive.ts";
import { LANGUAGES } from "../formats/languages.ts";
import type { AnyDef, LayerNode, ReferenceTypes, Weight } from "../layers/define.ts";
import { ACTIVATION_NAMES } from "../layers/common/activation-spec.ts";
import type { Field } from "../layers/fields.ts";
import { isOfApplication } from "../layers/registry.ts";
import type { ActivationSpec } from "../ops/attributes.ts";
import type { Shape } from "../ops/types.ts";
import { readModel } from "./bind.ts";
import { callsThrough, padsBefore, zerosBefore } from "./borders.ts";
import { withoutAdded } from "./added-losses.ts";
import { withoutMeasuring } from "./measuring.ts";
import { type Calls, withoutMasks } from "./implied-masks.ts";
import { withGivenMasks } from "./given-masks.ts";
import { freshName } from "./layer-names.ts";
import { dtypePolicy, optionValue } from "./plain-objects.ts";
import { writtenAs } from "./sole.ts";
import type { SpeltCalls } from "./spelt.ts";
import { childrenOf, inputsOf } from "./walk.ts";
import { Renumbering, renamePlaces } from "./renumber.ts";
import { functionsOf } from "./operation-functions.ts";
import { operationsOf } from "./tensorflow-operations.ts";
import { keras2Calls, keras3Calls, refuseMaskOfTruths } from "./write-calls.ts";

const CALLS = { tensors: keras3Calls, places: keras2Calls } as const;

const record = (entries: readonly (readonly [string, JsonNode])[]): JsonObject => new Map(entries);

/**
 * An activation in a generation's language: by name, where both meanings of hard_sigmoid go by one, see `hard-sigmoid.ts`;
 * Keras's own layers used as activations as layers. What only somebody else knows stays.
 */
function activation(node: LayerNode, spec: ActivationSpec, written: JsonNode, t: Translation): JsonNode {
  const isKnown = spec.apply === undefined && ACTIVATION_NAMES.some((name) => name === spec.fn);
  if (written instanceof Map) {
    if (!isKnown) return written;
    if (written.get("config") instanceof Map) return translate(childFrom(node, written), t);
  } else if (spec.apply !== undefined) return written;
  return spec.fn === "hard_sigmoid_keras2" ? "hard_sigmoid" : spec.fn.replace(/^unknown:/, "");
}

/** A layer in an option, which Keras 3 does not call when it reads it: it tells what its weights were made for. */
function withBuild(layer: LayerNode, t: Translation): JsonObject {
  const form = translate(layer, t);
  const shape = LANGUAGES[t.to].writesDerived && layer.weights.size > 0 ? t.built?.get(layer)?.[0] : undefined;
  const sizes = shape?.map((n) => (typeof n === "number" ? JsonNumber.of(n, "int") : null));
  return sizes === undefined ? form : form.set("build_config", record([["input_shape", sizes]]));
}

/** Into which language, and what goes along with the layers. */
export interface Translation {
  readonly to: Dialect;
  /** Numbers of layers that appear more than once: Keras 3 knows them again by those. */
  readonly shared?: ReadonlyMap<LayerNode, number>;
  /** What the references in calls mean. */
  readonly references?: ReferenceTypes | undefined;
  /** Calls of functions and operations spelt out, for generations that have no word for them. */
  readonly spelt?: SpeltCalls | undefined;
  /** Paths of layers that are spelt out though there is a word for them. */
  readonly apart?: ReadonlySet<string> | undefined;
  /** What each layer was built on. */
  readonly built?: ReadonlyMap<LayerNode, readonly Shape[]> | undefined;
  /** Layers that get another name. */
  readonly names?: ReadonlyMap<LayerNode, string>;
  /** Gets the paths of what is said in other words, and of what is written in the place of each. */
  readonly said?: Map<string, readonly string[]>;
  /** Keeps borders that the generation has no word for: for comparing what the two compute. */
  readonly plain?: boolean;
  /** The layer that zeros are written before. */
  readonly padded?: LayerNode;
  /** The config for a layer, or null to go on with the usual one. Lets a caller put an equivalent in a layer's place. */
  replace?(node: LayerNode): JsonObject | null;
}

const nameOf = (node: LayerNode, { names }: Translation): string => names?.get(node) ?? node.name;

/** `trainable` as its file has it; Keras 3 takes no number for a truth value there, as older Keras does. */
function trainableOf({ raw }: LayerNode): JsonNode {
  const stored = (raw?.get("config") as JsonObject | undefined)?.get?.("trainable") ?? true;
  return stored instanceof JsonNumber ? stored.value !== 0 : stored;
}

/** Options every layer has, before its own. A model has none of them, nor has an operation. */
function commonOptions(node: LayerNode, t: Translation): JsonObject {
  const config = record([["name", nameOf(node, t)]]);
  if (node.children.has("layers") || node.def?.kind === "operation") return config;
  const isInput = node.class === "InputLayer";
  if (!isInput && (LANGUAGES[t.to].trainable.untrained || node.def?.writing?.neverTrainable !== true))
    config.set("trainable", trainableOf(node));
  const stored = node.options.get("dtype");
  config.set("dtype", isInput ? (typeof stored === "string" ? stored : "float32") : dtypePolicy(node, t.to));
  if (node.batchShape !== null) {
    const shape: JsonNode = node.batchShape.map((n) => (n === null ? null : JsonNumber.of(n, "int")));
    const { input, layer } = LANGUAGES[t.to].shapeOption;
    const option = isInput ? input : layer;
    if (option !== null) config.set(option, shape);
  }
  return config;
}

function ownOptions(node: LayerNode, t: Translation, config: JsonObject): void {
  const def = node.def!;
  const own = new Map([...node.options, ...(node.learned ?? [])]);
  const { options, writesDerived } = LANGUAGES[t.to];
  const older = def.dialects?.[options];
  const oldNames = new Map(Object.entries(older?.rename ?? {}).map(([from, to]) => [to, from]));
  const needed = new Set<string>();
  for (const [key, need] of Object.entries(older?.needs ?? {})) {
    const value = typeof need === "function" ? need(own, `${node.path}.${key}`) : need;
    if (value === undefined) continue;
    config.set(key, value);
    needed.add(key);
  }
  for (const [key, field] of Object.entries(def.config)) {
    if (field.only !== undefined && field.only !== options) {
      if (field.only === "keras2") refuseUnlessDefault(node, key, field);
      continue;
    }
    const name = oldNames.get(key) ?? key;
    if (needed.has(name)) continue;
    const stored = own.get(key);
    const isPadded = key === "padding" && padsBefore(node, t.to) !== null;
    const isOlder = typeof stored === "string" && field.olderValues?.includes(stored) === true;
    if (isPadded && t.padded === node) {
      config.set(name, "valid");
      continue;
    }
    if ((isPadded || isOlder) && t.plain !== true)
      fail("unsupported/translation", {
        path: `${node.path}.${key}`,
        message: "these borders have no equal option, and no equal can be written here",
        found: String(stored),
      });
    const value = stored === undefined ? field.default : stored;
    // Options of a few old classes only: others do not take them.
    if (field.only === "keras2" && value === field.default) continue;
    const copy = copyOf(def, key);
    const inside = node.children.get(copy?.attribute ?? key);
    const left = !writesDerived && field.default === null && (stored ?? null) === null;
    if (inside !== undefined && field.kind !== "value" && !left) {
      const write = field.kind === "activation" ? withBuild : translate;
      const inner = (c: LayerNode) =>
        withoutPrefix(write(writtenAs(c, t.to), t), writesDerived ? "" : (copy?.prefix ?? ""));
      config.set(name, field.kind === "layers" ? inside.map(inner) : inner(inside[0]!));
    } else if (field.kind === "layer" && value instanceof Map) {
      config.set(name, translate(childFrom(node, value), t));
    } else if (field.kind === "activation") {
      config.set(name, activation(node, node.config[key] as ActivationSpec, value, t));
    } else {
      config.set(name, optionValue(field.kind, value, t.to));
    }
  }
}

/** The child that is a renamed copy of what the option spells out. */
function copyOf({ children }: AnyDef, option: string): { attribute: string; prefix: string } | undefined {
  return Object.entries(children ?? {})
    .flatMap(([attribute, child]) => (child === "option" ? [] : [{ attribute, ...child.copyOf }]))
    .find((copy): copy is { attribute: string; option: string; prefix: string } => copy.option === option);
}

/** The layer that an option spells out: a child, or what children are derived from. */
function childFrom(node: LayerNode, form: JsonObject): LayerNode {
  return (
    childrenOf(node).find((c) => c.raw === form) ??
    readModel(form, { semantics: node.semantics, backend: null, initialise: null })
  );
}

function withoutPrefix(layer: JsonObject, prefix: string): JsonObject {
  const config = layer.get("config");
  const name = config instanceof Map ? config.get("name") : undefined;
  if (config instanceof Map && typeof name === "string" && name.startsWith(prefix))
    config.set("name", name.slice(prefix.length));
  return layer;
}

/** An option that the other generation does not have may be left out only where it says nothing. */
function refuseUnlessDefault(node: LayerNode, key: string, field: Field<unknown, never>): void {
  const value = node.options.get(key);
  if (value === undefined || value === field.default || value === null) return;
  fail("unsupported/translation", {
    path: `${node.path}.${key}`,
    message: "Keras 3 has no such option",
    found: printJson(value),
  });
}

function className({ def }: LayerNode, to: Dialect): string {
  const registered = def!.names?.find((name) => name.includes(">"));
  return (LANGUAGES[to].hasRegisteredClasses ? registered : undefined) ?? def!.class;
}

/** Layers that appear in several places below `root`, or that hold the weights of another of their class, numbered. */
export function sharedLayers(root: LayerNode): ReadonlyMap<LayerNode, number> {
  const seen = new Map<LayerNode | Weight, LayerNode[]>();
  const shared = new Map<LayerNode, number>();
  const visit = (node: LayerNode): void => {
    // A cell that is no layer of the file belongs to its layer.
    const own = [node, ...childrenOf(node).filter(({ raw }) => raw === null)];
    const [weight = node] = own.flatMap(({ weights }) => [...weights.values()]);
    const first = seen.get(weight)?.find((one) => one.class === node.class);
    if (first === undefined) {
      childrenOf(node).forEach(visit);
      seen.set(weight, [...(seen.get(weight) ?? []), node]);
    } else {
      if (!shared.has(first)) shared.set(first, shared.size + 1);
      shared.set(node, shared.get(first)!);
    }
  };
  visit(root);
  return shared;
}

/** A layer, and everything in it, in another generation's language. */
export function translate(node: LayerNode, t: Translation): JsonObject {
  const form = translated(node, t);
  const id = t.shared?.get(node);
  if (id !== undefined) form.set("shared_object_id", JsonNumber.of(id, "int"));
  return form;
}

function translated(node: LayerNode, t: Translation): JsonObject {
  const replaced = t.replace?.(node) ?? null;
  if (replaced !== null) return replaced;
  if (node.def === null || node.def.isCustom === true || node.def.writing?.ownDialect === true)
    return fail("unsupported/translation", {
      path: node.path,
      message: "such a layer stays in its own dialect (`same`)",
      found: node.class,
    });
  if (node.def.until !== undefined && LANGUAGES[t.to].without.includes(node.def.until)) {
    return fail("unsupported/translation", {
      path: node.path,
      message: `${LANGUAGES[t.to].title} has no such layer`,
      found: node.def.class,
    });
  }
  if (node.def.kind === "operation" && !LANGUAGES[t.to].hasOperations) {
    return fail("unsupported/translation", {
      path: node.path,
      message: `${LANGUAGES[t.to].title} has no operation nodes`,
      found: node.class,
    });
  }
  const unsayable = node.def.writing?.unsayable?.(node.config as never, LANGUAGES[t.to].options) ?? null;
  if (unsayable !== null) fail("unsupported/translation", { path: node.path, message: unsayable });
  const config = commonOptions(node, t);
  const layers = node.children.get("layers");
  if (layers !== undefined) writeModel(node, layers, t, config);
  else ownOptions(node, t, config);
  const { def } = node;
  const module = def.module ?? "keras.layers";
  const registered =
    module === "keras.src.models.functional"
      ? "Functional"
      : def.kind === "operation" || isOfApplication(def)
        ? def.class
        : null;
  return LANGUAGES[t.to].object(module, className(node, t.to), config, registered);
}

function writeModel(node: LayerNode, layers: readonly LayerNode[], t: Translation, config: JsonObject): void {
  const functional = node.options.has("input_layers");
  const numbers = new Renumbering(node, t.to);
  const renamed = new Map(layers.map((child) => [child.name, nameOf(child, t)]));
  const about = { types: t.references ?? new Map(), numbers, names: renamed };
  const taken = new Set(renamed.values());
  const all: Calls = !functional
    ? { layers, of: ({ name }) => node.innerCalls.get(name) ?? [] }
    : LANGUAGES[t.to].hasOperations
      ? withoutMeasuring(node, t.spelt)
      : withoutMasks(node, about.types);
  const written = functional ? withoutAdded(node, all, t.to) : all;
  const entries = written.layers.flatMap((child) => {
    const calls = written.of(child);
    const operations = LANGUAGES[t.to].hasOperations
      ? operationsOf(child, nameOf(child, t), calls, t, about, taken)
      : null;
    if (operations !== null)
      return operations.map(({ name, form, call }) =>
        form.set("name", name).set("inbound_nodes", keras3Calls(child, [call], about)),
      );
    const functions = functional ? functionsOf(child, nameOf(child, t), calls, t, about, taken) : null;
    if (functions !== null) return functions;
    const pads = t.plain === true ? null : padsBefore(child, t.to);
    const entry = translate(child, pads === null ? t : { ...t, padded: child });
    const write = CALLS[LANGUAGES[t.to].calls];
    const masked = LANGUAGES[t.to].hasOperations ? withGivenMasks(node, child, calls, about, taken) : null;
    if (masked !== null)
      return [
        ...masked.operations,
        entry.set("name", nameOf(child, t)).set("inbound_nodes", write(child, masked.calls, about)),
      ];
    if (functional) entry.set("name", nameOf(child, t));
    if (pads === null) return [functional ? entry.set("inbound_nodes", write(child, calls, about)) : entry];
    const zerosName = freshName(`${nameOf(child, t)}_padding`, taken);
    const zeros = zerosBefore(child, pads, t.to, zerosName);
    if (functional) {
      const [first, second] = callsThrough(zerosName, child, calls);
      zeros.set("name", zerosName).set("inbound_nodes", write(child, first, about));
      entry.set("inbound_nodes", write(child, second, about));
    } else moveInput(entry, zeros);
    return [zeros, entry];
  });
  const first = functional || LANGUAGES[t.to].hasOperations ? undefined : layers.find((layer) => layer.class !== "InputLayer"); // prettier-ignore
  if (first !== undefined) refuseMaskOfTruths(first, inputsOf(node)[0]?.dtype);
  if (LANGUAGES[t.to].trainable.graph && functional) config.set("trainable", true);
  config.set("layers", functional ? entries : withInput(node, layers, entries, t));
  if (!functional) return;
  const ends = (places: JsonNode): JsonNode => single(renamePlaces(places, renamed), t.to);
  config.set("input_layers", ends(node.options.get("input_layers")!));
  config.set("output_layers", ends(numbers.outputs(node.options.get("output_layers") ?? [])));
}

/** The input's shape goes to what stands first. */
function moveInput(from: JsonObject, to: JsonObject): void {
  const [config, first] = [from.get("config") as JsonObject, to.get("config") as JsonObject];
  const shape = config.get("batch_input_shape");
  if (shape === undefined) return;
  config.delete("batch_input_shape");
  first.set("batch_input_shape", shape);
}

/** A single input or output is itself in Keras 3, where a list would make it a list of one, and a list of one before. */
function single(places: JsonNode, to: Dialect): JsonNode {
  if (!Array.isArray(places)) return places;
  const isPlace = typeof places[0] === "string";
  if (!LANGUAGES[to].hasSingleEnds) return isPlace ? [places] : places;
  return !isPlace && places.length === 1 ? places[0]! : places;
}

/** Keras 3 starts a Sequential with an InputLayer where older Keras gave its first layer a shape. */
function withInput(
  node: LayerNode,
  layers: readonly LayerNode[],
  entries: readonly JsonObject[],
  t: Translation,
): JsonNode {
  const [first] = layers;
  const spec = inputsOf(node)[0];
  if (!LANGUAGES[t.to].startsWithInput || first === undefined || first.batchShape === null) return [...entries];
  if (spec === undefined || spec.shape === null) return [...entries];
  const shape: JsonNode = spec.shape.map((n) => (n === null ? null : JsonNumber.of(n, "int")));
  // A length that only a later layer's weights tell, Keras 3 wants to know.
  if (first.class === "InputLayer") {
    (entries[0]!.get("config") as JsonObject).set("batch_shape", shape);
    return [...entries];
  }
  const config = record([
    ["batch_shape", shape],
    ["dtype", spec.dtype],
    ["sparse", false],
    ["ragged", false],
    ["name", spec.name],
  ]);
  return [LANGUAGES[t.to].object("keras.layers", "InputLayer", config), ...entries];
}
