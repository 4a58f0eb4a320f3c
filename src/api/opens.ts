/** Which Keras opens what is written, as far as tried: some of what a Keras saves it cannot read back itself. */
import { JsonNumber, jsonEqual, type JsonNode, type JsonObject } from "../codecs/json.ts";
import { CALL_RULES } from "../core/semantics.ts";
import type { Artifact, Dialect, FormatId } from "../formats/archive.ts";
import { EDITIONS, LANGUAGES } from "../formats/languages.ts";
import type { Unknown } from "../exporters/names.ts";
import { keptTraining, sameFormat } from "../exporters/origin.ts";
import { isTree, minorOf } from "../exporters/written-by.ts";
import { argsOf } from "../layers/call-args.ts";
import type { Call, CallArg, LayerNode, Weight } from "../layers/define.ts";
import { builtShape } from "../layers/common/model-inputs.ts";
import { sharedLayers } from "../model/translate.ts";
import { mayKeepVocabulary } from "../model/naming/vocabulary.ts";
import { allNodes, childrenOf } from "../model/walk.ts";
import { compiledNames } from "./compiled-names.ts";

/** Both directions, as tf-keras divides their arrays in `.h5`: by half, under the options of the first. */
function isUneven(node: LayerNode): boolean {
  const [forward, backward] = childrenOf(node);
  if (node.class !== "Bidirectional" || forward === undefined || backward === undefined) return false;
  const count = (side: LayerNode): number => [...allNodes(side)].reduce((sum, { weights }) => sum + weights.size, 0);
  return forward.class !== backward.class || count(forward) !== count(backward);
}

/** Arrays among the constants of a node of TensorFlow, which tf-keras reads from `.keras` alone. */
const hasArrays = (node: JsonNode | undefined): boolean =>
  node instanceof Map
    ? node.get("class_name") === "__numpy__" || [...node.values()].some(hasArrays)
    : Array.isArray(node) && node.some(hasArrays);

/** Inverse document frequencies that were learned: tf-keras asks for them in the config, beside the vocabulary. */
const hasLearnedWeights = ({ options }: LayerNode): boolean =>
  options.get("output_mode") === "tf_idf" && !Array.isArray(options.get("idf_weights"));

const stopsTfKeras = (node: LayerNode): boolean =>
  isUneven(node) || (node.class === "TensorFlowOpLayer" && hasArrays(node.options.get("constants")));

const isEllipsis = (arg: CallArg): boolean =>
  arg.kind === "ellipsis" || (arg.kind === "list" && arg.items.some(isEllipsis));

/** `x[..., 0]` of a layer that does not say what it was built on, so that its axes cannot be spelt out. */
const hasEllipsis = (call: Call, node: LayerNode): boolean =>
  builtShape(node) === null && argsOf(call).some(isEllipsis);

/** How many of its first operands Keras 3 asks for their dtype or shape, which numbers and lists have not. Tried with each. */
const OF_TENSORS: ReadonlyMap<string, number> = new Map(
  (
    "2 Append Average BinaryCrossentropy BitwiseAnd BitwiseLeftShift BitwiseOr BitwiseRightShift BitwiseXor CDist CTCLoss " +
    "CategoricalCrossentropy Conv ConvTranspose Cross DepthwiseConv Digitize DotProductAttention Heaviside Hypot LeftShift " +
    "Lstsq Matmul RightShift SSIM SearchSorted SeparableConv Solve SolveTriangular TakeAlongAxis\n" +
    "1 CTCDecode FullLike IsIn Nanpercentile Nanquantile Percentile Polar Quantile RMSNorm ScatterUpdate SegmentMax " +
    "SegmentMin SegmentProd SegmentReduction SegmentSum SliceUpdate Take"
  )
    .split("\n")
    .flatMap((line) => {
      const [count, ...names] = line.split(" ");
      return names.map((name) => [name, Number(count)] as const);
    }),
);

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

const isBelowZero = (node: JsonNode | undefined): boolean =>
  Array.isArray(node) && node.some((item) => item instanceof JsonNumber && item.value < 0);

/** It asks for a tuple of their range, and writes a list. */
const hasOwnQuantizer = (node: JsonNode | undefined): boolean => {
  if (!(node instanceof Map) || node.get("class_name") !== "Int4QuantizationConfig") return false;
  const config = node.get("config");
  return config instanceof Map && (config.get("weight_quantizer") ?? null) !== null;
};

/** What Keras writes of a layer and does not take back, in whatever format. */
const UNREAD: Readonly<Record<Dialect, (node: LayerNode) => boolean>> = {
  keras1: () => false,
  keras2: (node) =>
    hasLearnedWeights(node) || (node.class === "Masking" && node.options.get("mask_value") instanceof Map),
  keras3: ({ def, class: name, options }) =>
    (def?.kind === "operation" && /^Adaptive(Average|Max)Pool$/.test(name)) ||
    (name === "RandomShear" && [...options.values()].some(isBelowZero)) ||
    hasOwnQuantizer(options.get("quantization_config")),
};

/** Calls that it does not take back. */
const UNREAD_CALLS: Readonly<Record<Dialect, (call: Call, node: LayerNode) => boolean>> = {
  keras1: () => false,
  keras2: isEmptySum,
  keras3: hasBareOperand,
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

/** What a lookup has learned is nowhere, or weights of it not in the config where its vocabulary is; null: all is there. */
function unlearned(nodes: readonly LayerNode[], isBeside: boolean): string | null {
  const bare = nodes.find(mayKeepVocabulary);
  if (bare !== undefined) return `does not run ${bare.class} ${bare.path}, whose vocabulary is nowhere`;
  const apart = isBeside ? undefined : nodes.find(hasLearnedWeights);
  return apart === undefined ? null : `does not make ${apart.class} ${apart.path} of a vocabulary without idf_weights`;
}

/**
 * Whether a layer keeps its own generation from reading an `.h5` file. The legacy form of Keras 3 says nothing of where an
 * operation's class is, and has words that it reads as functions; written here anew, they are not there.
 */
const STOPS: Readonly<Record<Dialect, (node: LayerNode, isCopy: boolean) => boolean>> = {
  keras1: stopsTfKeras,
  keras2: stopsTfKeras,
  // Of a GroupQueryAttention it writes another class's name. Inverse document frequencies that were learned have a weight that a layer from a config has not; arrays of float8 go by another order.
  keras3: (node, isCopy) =>
    (isCopy && (node.def?.kind === "operation" || node.options.get("score_mode") === "dot")) ||
    losesAxes(node) ||
    node.class === "GroupQueryAttention" ||
    hasLearnedWeights(node) ||
    isFloat8(node.options.get("dtype")),
};

/** What keeps its own generation from reading the file, in words; null: nothing that is known. */
function obstacle(root: LayerNode, artifact: Artifact, { format, target, found }: About): string | null {
  const { dialect, semantics } = artifact;
  const { hasOwnerNames, marksBfloat16, semantics: known } = LANGUAGES[dialect];
  const nodes = [...allNodes(root)];
  const copied = sameFormat(artifact, format, target);
  const stop = format === "keras-h5" ? nodes.find((node) => STOPS[dialect](node, copied !== null)) : undefined;
  if (stop !== undefined) return `does not read ${stop.class} ${stop.path} from .h5`;
  const unread = nodes.find(UNREAD[dialect]) ?? nodes.flatMap((node) => called(node, UNREAD_CALLS[dialect]))[0] ?? null;
  if (unread !== null) return `does not read ${unread.class} ${unread.path}, as it writes it`;
  const lacking = format === "weights-h5" ? null : unlearned(nodes, format === "keras-v3" && copied !== null);
  if (lacking !== null) return lacking;
  const shared = (): string | undefined => (hasOwnerNames ? halfShared(artifact.config.root, nodes) : sharedIn(root));
  const half = format === "keras-v3" ? shared() : undefined;
  if (half !== undefined) return `does not read ${half}, shared between models or wrappers, from .keras`;
  const again =
    CALL_RULES[semantics].countsOwnCall || format === "keras-h5" ? undefined : calledBefore(artifact.config.root);
  if (again !== undefined) return `does not find the calls of ${again}, shared between models`;
  const cudnn = format === "keras-v3" ? nodes.find((node) => node.class.startsWith("CuDNN")) : undefined;
  if (cudnn !== undefined) return `does not read ${cudnn.class} ${cudnn.path} from .keras`;
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

/** Which Keras opens what was written, and what it must be given; of what none opens, why. */
export function opensIn(root: LayerNode, artifact: Artifact, about: About): string {
  const library = readers(artifact, about);
  const why = obstacle(root, artifact, about);
  if (why !== null) return `no Keras: ${EDITIONS[artifact.semantics].title} ${why}`;
  const custom = new Set(about.found.filter(({ kind }) => kind !== "option").map(({ name }) => name));
  const { holdsTraining } = LANGUAGES[artifact.dialect];
  if (about.format !== "weights-h5" && (about.format !== "keras-json" || holdsTraining))
    for (const name of compiledNames(keptTraining(artifact) ?? undefined)) custom.add(name);
  return custom.size === 0 ? library : `${library}, given custom objects: ${[...custom].join(", ")}`;
}
