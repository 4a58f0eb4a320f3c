/** Which Keras opens what is written, as far as tried: some of what a Keras saves it cannot read back itself. */
import { JsonNumber, jsonEqual, type JsonNode, type JsonObject } from "../codecs/json.ts";
import { CALL_RULES } from "../core/semantics.ts";
import type { Artifact, Dialect, FormatId } from "../formats/archive.ts";
import { EDITIONS, LANGUAGES } from "../formats/languages.ts";
import type { Unknown } from "../exporters/names.ts";
import { keptTraining, sameFormat } from "../exporters/origin.ts";
import { isTree, minorOf } from "../exporters/written-by.ts";
import { argsOf } from "../layers/call-args.ts";
import type { Call, CallArg, LayerNode, Weight, WrittenFile } from "../layers/define.ts";
import { OF_TENSORS } from "../layers/operations/of-tensors.ts";
import { builtShape } from "../layers/common/model-inputs.ts";
import { sharedLayers } from "../model/translate.ts";
import { mayKeepVocabulary } from "../model/naming/vocabulary.ts";
import { allNodes, childrenOf } from "../model/walk.ts";
import { compiledNames } from "./compiled-names.ts";

const isEllipsis = (arg: CallArg): boolean =>
  arg.kind === "ellipsis" || (arg.kind === "list" && arg.items.some(isEllipsis));

/** `x[..., 0]` of a layer that does not say what it was built on, so that its axes cannot be spelt out. */
const hasEllipsis = (call: Call, node: LayerNode): boolean =>
  builtShape(node) === null && argsOf(call).some(isEllipsis);

const isBare = (arg: CallArg): boolean => arg.kind === "list" || (arg.kind === "json" && arg.value !== null);

/** Bits may be shifted by a whole number. */
const isCount = (arg: CallArg, { class: name }: LayerNode): boolean =>
  name.endsWith("Shift") && arg.kind === "json" && Number.isInteger(arg.value);

const hasBareOperand = (call: Call, node: LayerNode): boolean =>
  node.def?.kind === "operation" &&
  argsOf(call)
    .slice(0, OF_TENSORS.get(node.class) ?? 0)
    .some((arg, i) => isBare(arg) && !(i === 1 && isCount(arg, node)));

/** Layers inside of which a call has that. */
const called = (parent: LayerNode, has: (call: Call, child: LayerNode) => boolean): readonly LayerNode[] =>
  childrenOf(parent).filter((child) => parent.innerCalls.get(child.name)?.some((call) => has(call, child)));

/** The equation alone: tf-keras keeps no operands that follow it in its call. */
const isEmptySum = ({ args, kwargs }: Call, { class: name, options }: LayerNode): boolean =>
  name === "TFOpLambda" && /(^|\.)einsum$/.test(String(options.get("function"))) && args.length + kwargs.length < 2;

/** It asks for a tuple of their range, and writes a list. */
const hasOwnQuantizer = (node: JsonNode | undefined): boolean => {
  if (!(node instanceof Map) || node.get("class_name") !== "Int4QuantizationConfig") return false;
  const config = node.get("config");
  return config instanceof Map && (config.get("weight_quantizer") ?? null) !== null;
};

/** A merge of one tensor: tf-keras writes its list, and reads the tensor, which its merges do not take. */
const isAlone = ({ args: [first] }: Call, { def }: LayerNode): boolean =>
  first?.kind === "list" && first.items.length === 1 && def?.calls?.keepsLists === true && !def.calls.likeOperation;

/** `x[:n]` of a tensor n, which Python takes no slice by. */
const hasOpenBound = (arg: CallArg): boolean =>
  arg.kind === "slice"
    ? [arg.start, arg.stop, arg.step].some(({ kind }) => kind === "ref")
    : arg.kind === "list" && arg.items.some(hasOpenBound);

/** Calls that it does not take back. */
const UNREAD_CALLS: Readonly<Record<Dialect, (call: Call, node: LayerNode) => boolean>> = {
  keras1: () => false,
  keras2: (call, node) => isEmptySum(call, node) || isAlone(call, node),
  keras3: (call, node) => hasBareOperand(call, node) || (node.class === "GetItem" && argsOf(call).some(hasOpenBound)),
};

/**
 * A layer with weights that has a number to be known again by in one place alone: its other place was told without, so that
 * Keras makes two of them, and the tree has the arrays of one.
 */
function halfShared(config: JsonNode, nodes: readonly LayerNode[]): string | undefined {
  const weighty = new Set(nodes.flatMap(({ name, weights }) => (weights.size > 0 ? [name] : [])));
  const places = new Map<number, { name: string; count: number }>();
  const met = new Set<number>();
  const count = (node: JsonNode): void => {
    if (Array.isArray(node)) return node.forEach(count);
    if (!(node instanceof Map)) return;
    const [id, own] = [node.get("shared_object_id"), node.get("config")];
    const name = own instanceof Map ? own.get("name") : undefined;
    if (id instanceof JsonNumber && typeof name === "string" && weighty.has(name))
      places.set(id.value, { name, count: (places.get(id.value)?.count ?? 0) + 1 });
    if (id instanceof JsonNumber && met.has(id.value)) return;
    if (id instanceof JsonNumber) met.add(id.value);
    for (const value of node.values()) count(value);
  };
  count(config);
  return [...places.values()].find((place) => place.count === 1)?.name;
}

/** A layer with weights in several places: tf-keras knows none of them again. */
const sharedIn = (root: LayerNode): string | undefined =>
  [...sharedLayers(root).keys()].find((node) => [...allNodes(node)].some(({ weights }) => weights.size > 0))?.name;

/** Names that calls give their layers. */
function* namesIn(node: JsonNode | undefined): Generator<JsonNode> {
  const history = node instanceof Map ? node.get("keras_history") : undefined;
  if (Array.isArray(history)) yield history[0]!;
  else if (node instanceof Map || Array.isArray(node)) for (const value of node.values()) yield* namesIn(value);
}

/**
 * A layer that one model calls after another model has called it, on something else. Keras 3 counts the calls of both, its
 * files those of each model from 0. Source: keras/src/models/functional.py (`get_config`, `functional_from_config`).
 */
function calledBefore(config: JsonNode): string | undefined {
  const made = new Set<number>();
  const before = new Map<number, readonly JsonNode[]>();
  let found: string | undefined;
  const call = (
    layer: JsonObject,
    isKnown: (call: JsonNode, i: number, earlier: readonly JsonNode[]) => boolean,
  ): void => {
    const [id, own] = [layer.get("shared_object_id"), layer.get("inbound_nodes")];
    if (!(id instanceof JsonNumber)) return;
    const [calls, earlier] = [Array.isArray(own) && own.length > 0 ? own : [null], before.get(id.value) ?? []];
    if (earlier.length > 0 && !calls.every((one, i) => isKnown(one, i, earlier))) found ??= String(layer.get("name"));
    before.set(id.value, [...earlier, ...calls]);
  };
  const visit = (node: JsonNode): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (!(node instanceof Map)) return;
    const id = node.get("shared_object_id");
    if (id instanceof JsonNumber && made.has(id.value)) return;
    if (id instanceof JsonNumber) made.add(id.value);
    const [layers, isFunctional] = [node.get("layers"), node.has("input_layers")];
    for (const [key, value] of node) if (key !== "layers" || isFunctional) visit(value);
    const all = Array.isArray(layers) ? layers.filter((layer) => layer instanceof Map) : [];
    const names = new Set(all.filter((layer) => layer.has("shared_object_id")).map((layer) => layer.get("name")));
    for (const layer of all) {
      // A Sequential calls each layer before it reads the next, and names no calls.
      if (!isFunctional) visit(layer);
      call(layer, (one, i, earlier) => !isFunctional || (jsonEqual(one, earlier[i] ?? null) && [...namesIn(one)].every((name) => names.has(name)))); // prettier-ignore
    }
  };
  visit(config);
  return found;
}

const isFloat8 = (policy: JsonNode | undefined): boolean =>
  typeof policy === "string"
    ? policy.startsWith("float8")
    : policy instanceof Map && [...policy.values()].some(isFloat8);

/** Several axes or none, which the legacy form leaves out: the layer takes its usual one. Source: keras/src/legacy/saving/saving_utils.py. */
const losesAxes = ({ raw, options }: LayerNode): boolean => {
  const axis = options.get("axis");
  return raw?.has("module") !== true && Array.isArray(axis) && axis.length !== 1;
};

/** What any layer may have that its Keras writes and does not take back, in whatever format or in the legacy form of `.h5`. */
const UNREAD: Readonly<Record<Dialect, (node: LayerNode, file: WrittenFile) => boolean>> = {
  keras1: () => false,
  keras2: () => false,
  // Written here anew, the legacy form says where an operation's class is; arrays of float8 go by another order there.
  keras3: (node, { format, isCopy }) =>
    hasOwnQuantizer(node.options.get("quantization_config")) ||
    (format === "keras-h5" &&
      ((isCopy && node.def?.kind === "operation") || losesAxes(node) || isFloat8(node.options.get("dtype")))),
};

/** How the formats are called here. */
const FILES: Partial<Readonly<Record<FormatId, string>>> = {
  "keras-h5": ".h5",
  "keras-v3": ".keras",
  "keras-json": "JSON",
  "weights-h5": ".h5",
};

/** A layer that its Keras does not read from the file, in words. */
function unread(nodes: readonly LayerNode[], file: WrittenFile & { readonly format: FormatId }): string | null {
  for (const node of nodes) {
    const why = UNREAD[file.dialect](node, file) || (node.def?.writing?.unread?.(node, file) ?? false);
    const call = why === false ? called(node, UNREAD_CALLS[file.dialect])[0] : node;
    if (call === undefined) continue;
    const from = `does not read ${call.class} ${call.path} from ${FILES[file.format] ?? file.format}`;
    return typeof why === "string" ? `${from}: ${why}` : from;
  }
  return null;
}

/** What keeps its own generation from reading the file, in words; null: nothing that is known. */
function obstacle(root: LayerNode, artifact: Artifact, { format, target, found }: About): string | null {
  const { dialect, semantics } = artifact;
  const { hasOwnerNames, marksBfloat16, semantics: known } = LANGUAGES[dialect];
  const nodes = [...allNodes(root)];
  const copied = sameFormat(artifact, format, target);
  const stop = unread(nodes, { dialect, format, isCopy: copied !== null });
  if (stop !== null) return stop;
  const bare = format === "weights-h5" ? undefined : nodes.find(mayKeepVocabulary);
  if (bare !== undefined) return `does not run ${bare.class} ${bare.path}, whose vocabulary is nowhere`;
  const shared = (): string | undefined => (hasOwnerNames ? halfShared(artifact.config.root, nodes) : sharedIn(root));
  const half = format === "keras-v3" ? shared() : undefined;
  if (half !== undefined) return `does not read ${half}, shared between models or wrappers, from .keras`;
  const again =
    CALL_RULES[semantics].countsOwnCall || format === "keras-h5" ? undefined : calledBefore(artifact.config.root);
  if (again !== undefined) return `does not find the calls of ${again}, shared between models`;
  const spread =
    format === "keras-v3" && !hasOwnerNames ? nodes.flatMap((node) => called(node, hasEllipsis))[0] : undefined;
  if (spread !== undefined) return `does not read the ellipsis of ${spread.name} from .keras`;
  const isMarked = copied?.naming === "tree" && marksBfloat16;
  const isLost = ({ source: [stored] }: Weight): boolean =>
    stored?.dtype === "bfloat16" && copied !== null && !isMarked;
  const lost = nodes.flatMap(({ weights }) => [...weights.values()]).find(isLost);
  if (lost !== undefined) return `does not read ${lost.path}, stored as bfloat16`;
  // What older Keras 2 knows is in no table, nor what tf-keras alone does.
  const option = semantics !== known || isPackage(artifact) ? undefined : optionOf(found);
  return option === undefined ? null : `has no option ${option.path}`;
}

/** What a file is, and what of it is in no table. */
interface About {
  readonly format: FormatId;
  readonly target: string;
  readonly found: readonly Unknown[];
}

const optionOf = (found: readonly Unknown[]): Unknown | undefined => found.find(({ kind }) => kind === "option");

/** Whether the writer is the package tf-keras: tf.keras up to 2.15 does not have the modules that its `.keras` files name. */
const isPackage = (artifact: Artifact): boolean =>
  EDITIONS[artifact.semantics].hasOwnReaders && (minorOf(artifact) ?? 0) >= 16;

/** The versions that open it, where all of it is known. tf.keras 2.12 to 2.14 each number a tree in a way of their own. */
function readers(artifact: Artifact, { format, target, found }: About): string {
  const { title, hasOwnReaders } = EDITIONS[artifact.semantics];
  if (!hasOwnReaders) return title;
  const hasTree = format === "keras-v3" || (format === "weights-h5" && isTree(artifact, target));
  const minor = minorOf(artifact) ?? 0;
  if (hasTree && minor < 15 && sameFormat(artifact, format, target) !== null) return `TensorFlow 2.${minor}`;
  if (isPackage(artifact) && (hasTree || optionOf(found) !== undefined)) return "tf-keras 2.16 and later";
  return hasTree ? "tf-keras, TensorFlow 2.15" : title;
}

/** Python code, which Keras reads only where it is told to: tf-keras asks that of `.h5` alone not. */
const holdsCode = (node: JsonNode): boolean =>
  node instanceof Map
    ? node.get("class_name") === "__lambda__" || [...node.values()].some(holdsCode)
    : Array.isArray(node) && node.some(holdsCode);

/** Which Keras opens what was written, and what it must be given; of what none opens, why. */
export function opensIn(root: LayerNode, artifact: Artifact, about: About): string {
  const isAsked =
    about.format !== "weights-h5" && !(about.format === "keras-h5" && EDITIONS[artifact.semantics].hasOwnReaders);
  const isUnsafe = isAsked && holdsCode(artifact.config.root);
  const library = `${readers(artifact, about)}${isUnsafe ? ", with safe_mode=False" : ""}`;
  const why = obstacle(root, artifact, about);
  if (why !== null) return `no Keras: ${EDITIONS[artifact.semantics].title} ${why}`;
  const custom = new Set(about.found.filter(({ kind }) => kind !== "option").map(({ name }) => name));
  const { holdsTraining } = LANGUAGES[artifact.dialect];
  if (about.format !== "weights-h5" && (about.format !== "keras-json" || holdsTraining))
    for (const name of compiledNames(keptTraining(artifact) ?? undefined)) custom.add(name);
  return custom.size === 0 ? library : `${library}, given custom objects: ${[...custom].join(", ")}`;
}
