/** Reads the layers of a config into plain data. No weights yet, and nothing is refused that can be shown. */
import { type JsonNode, type JsonObject } from "../codecs/json.ts";
import { type DType, isDType, isFloat } from "../core/dtype.ts";
import { atMost, fail, type Problem } from "../core/error.ts";
import { showShape } from "../core/tensor.ts";
import type { Limits } from "../core/limits.ts";
import type { Semantics } from "../core/semantics.ts";
import { EDITIONS } from "../formats/languages.ts";
import {
  type AnyDef,
  type Call,
  type DerivedChild,
  isInt8,
  type LayerNode,
  type LayerWeights,
  type Quantization,
  type WeightDecl,
} from "../layers/define.ts";
import { lambdaFor, type Supplied } from "../layers/custom.ts";
import { whyRefused } from "../layers/refused.ts";
import { adapterOf, blocksIn } from "../layers/quantized.ts";
import { findLayer } from "../layers/registry.ts";
import { isUnknownActivation } from "../layers/common/activation-spec.ts";
import type { ActivationSpec } from "../ops/attributes.ts";
import { builtOn, isNestedShape, shapeFromJson } from "../layers/common/model-inputs.ts";
import { readCalls, withMasks } from "./calls.ts";
import { todaysOptions, typedConfig } from "./options.ts";
import { type Compute, readPolicy, scopeInside } from "./policy.ts";
import type { SharedLayers } from "./shared-layers.ts";
import { BoundWeight, type Initialise } from "./weight.ts";

/** What reading a config takes along: whose words they are, limits, and what was found on the way. */
export interface NodeReader {
  readonly semantics: Semantics;
  readonly backend: string | null;
  /** What the first layer that says so has as `dim_ordering`: Keras 1 leaves it out of some configs. */
  readonly dimOrdering: string | null;
  readonly limits: Limits;
  readonly supplied?: Supplied | undefined;
  readonly initialise: Initialise | null;
  /** What float policies are computed in, if not refused. */
  readonly compute: Compute | null;
  /** Those that are computed in it instead: policy → paths of layers. */
  readonly instead: Map<string, readonly string[]>;
  /** What is damaged: refused, all together, when everything has been read. */
  readonly problems: Problem[];
  /** Layers that the file says are one and the same. */
  readonly shared: SharedLayers;
  /** A layer that there is already, by its serialised form: it keeps its weights, and whose arithmetic it means. */
  readonly taken?: ((raw: JsonObject) => LayerNode | undefined) | undefined;
  /** Those layers with what they became here. */
  readonly copies: Map<LayerNode, LayerNode>;
  /** Layers around the one being read. */
  readonly open: Set<LayerNode>;
  count: number;
}

interface NodePlace {
  /** Names of the layers around it. */
  readonly path: string;
  /** Those of them that no model is in between of. */
  readonly scope: string;
  readonly depth: number;
  /** Whether everything around it is trainable. */
  readonly trainable: boolean;
  readonly calls: readonly Call[];
  /** Whether a file spells the layer out. */
  readonly stored: boolean;
  /** What to call the layer when its config has no name. */
  readonly name?: string;
}

const text = (node: JsonNode | undefined): string | null => (typeof node === "string" ? node : null);

/** A class as Keras names an instance of it: `ConvLSTM2D` → `conv_lstm2d`. Source: keras/src/utils/naming.py. */
export function instanceName(className: string): string {
  return className
    .replace(/\W+/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}

/** The config of a serialised object; models of Keras 1 and 2.0 have a bare list of layers there. */
function configOf(raw: JsonObject): JsonObject {
  const config = raw.get("config");
  if (config instanceof Map) return config;
  return Array.isArray(config) ? new Map<string, JsonNode>([["layers", config]]) : new Map<string, JsonNode>();
}

/** Beyond what any array can be indexed by. */
const MOST_LENGTH = 2 ** 31 - 1;

/** What every layer may have, of a wrong type: its name, its input's shape, an InputLayer's dtype. */
function damagedBasics(raw: JsonObject, config: JsonObject, path: string): Problem[] {
  const problems: Problem[] = [];
  const wrong = (key: string, expected: string, found?: string): void => {
    problems.push({
      code: "malformed/config",
      path: `${path}.${key}`,
      expected,
      ...(found !== undefined && { found }),
    });
  };
  for (const name of [raw.get("name"), config.get("name")])
    if (name !== undefined && name !== null && typeof name !== "string") wrong("name", "a text");
  for (const key of ["batch_shape", "batch_input_shape"]) {
    const shape = config.get(key) ?? null;
    if (shape === null || shape instanceof Map) continue;
    const lengths = shapeFromJson(shape);
    if (lengths === null && key === "batch_input_shape" && isNestedShape(shape)) continue;
    if (lengths === null) wrong(key, "a list of lengths");
    else if (!lengths.every((n) => n === null || (Number.isInteger(n) && n >= 0 && n <= MOST_LENGTH)))
      wrong(key, `whole lengths from 0 to ${MOST_LENGTH}`, showShape(lengths));
  }
  const dtype = config.get("dtype");
  if (
    raw.get("class_name") === "InputLayer" &&
    (dtype ?? null) !== null &&
    !(typeof dtype === "string" && isDType(dtype))
  )
    wrong("dtype", "a dtype", typeof dtype === "string" ? dtype : undefined);
  return problems;
}

function whyUnknown(className: string, path: string, isRoot: boolean): Problem {
  if (className === "Lambda" || className === "__lambda__") {
    const how = `load with lambdas: { ${JSON.stringify(path)}: (ops, x, mask) => … }`;
    return {
      code: "unsupported/lambda",
      path,
      message: `a Lambda layer holds Python code, which is never run: ${how}`,
    };
  }
  const how = "load with customLayers: [defineLayer({ … })], or --custom on the command line";
  if (isRoot)
    return {
      code: "unsupported/layer",
      path,
      message:
        "a model of a class of one's own, whose layers stand in its code, not in the file: build it with layers, Sequential and Model, and give each layer its arrays: setWeights, from weights and getWeights() of this one",
      found: className,
    };
  const why = whyRefused(className) ?? "this class of layer is not known";
  return { code: "unsupported/layer", path, message: `${why}: ${how}`, found: className };
}

/** The declaration of its class. */
function classOf(raw: JsonObject, r: NodeReader): AnyDef | null {
  const config = configOf(raw);
  const [className, module, registeredName] = ["class_name", "module", "registered_name"].map((key) =>
    text(raw.get(key)),
  );
  // Before Keras 3 there were no operations, and some layers without `trainable`.
  const trainable = !EDITIONS[r.semantics].trainableMarksLayers || config.has("trainable");
  const found = { className: className ?? "", module: module!, registeredName: registeredName!, trainable, config };
  return findLayer(found, r.supplied);
}

/**
 * A layer with what is inside it. Throws `malformed/config`, `limit/layers`, `limit/model-depth`; what a layer cannot
 * do is in its `problems`.
 */
export function readNode(raw: JsonObject, r: NodeReader, place: NodePlace): LayerNode {
  const { limits } = r;
  atMost("limit/model-depth", place.depth, limits.modelDepth, "layers inside each other", { path: place.path });
  if (++r.count > limits.layers) fail("limit/layers", { expected: `at most ${limits.layers} layers` });
  const taken = r.taken?.(raw);
  if (taken !== undefined) {
    const name = ownName(raw, configOf(raw)) ?? taken.name;
    return placedAt(taken, { path: place.path, name, raw: place.stored ? raw : null }, r.copies);
  }
  const known = r.shared.find(raw, r.open);
  if (known !== undefined) return known;

  const className = text(raw.get("class_name"));
  const stored = configOf(raw);
  if (className === null) {
    const path = [place.path, ownName(raw, stored) ?? place.name ?? "layer"].filter((part) => part !== "").join("/");
    return fail("malformed/config", { path, expected: "an object with a class_name" });
  }
  const name = ownName(raw, stored) ?? place.name ?? instanceName(className);
  const path = place.path === "" ? name : `${place.path}/${name}`;
  const scope = place.scope === "" ? name : `${place.scope}/${name}`;
  const def = className === "Lambda" ? lambdaFor(stored, name, path, r.supplied) : classOf(raw, r);
  const { semantics, backend, dimOrdering } = r;
  const options = todaysOptions(def, stored, { semantics, backend, dimOrdering, className });
  const typed = def === null ? { config: {}, problems: [] } : typedConfig(def, options, path, r);
  r.problems.push(...typed.problems, ...damagedBasics(raw, stored, path));
  const trainable = place.trainable && stored.get("trainable") !== false;
  const problems: Problem[] = def === null ? [whyUnknown(className, path, place.path === "" && place.depth === 0)] : [];
  // An InputLayer's is the dtype of its values, not a policy; nor does one matter to what computes as its arguments are.
  const isPlain = def?.kind === "operation" || def?.calls?.likeOperation === true;
  const policy = readPolicy(
    className === "InputLayer" || isPlain ? null : stored.get("dtype"),
    path,
    semantics,
    r.compute,
    scope,
  );
  const { dtype, variable, instead, quantization } = policy;
  const isKnown = quantization !== null && def?.quantized?.includes(quantization.mode) === true;
  const quantised = policy.quantised && !isKnown;
  if (instead !== null && place.stored) r.instead.set(instead, [...(r.instead.get(instead) ?? []), path]);
  if (policy.problem?.code === "malformed/config") r.problems.push(policy.problem);
  // A model has nothing of its own to quantise.
  else if (policy.problem !== null && !isKnown && !(def?.kind === "layer" && def.inputs !== undefined))
    problems.push(policy.problem);
  const children = new Map<string, readonly LayerNode[]>();
  const innerCalls = new Map<string, readonly Call[]>();
  const node: LayerNode = {
    class: className,
    name,
    def,
    config:
      def?.calls?.countsInputs === true
        ? { ...typed.config, inputs: builtOn(raw, place.calls) }
        : isKnown
          ? { ...typed.config, quantization: withOptions(quantization, options) }
          : typed.config,
    options,
    raw: place.stored ? raw : null,
    trainable,
    semantics: r.semantics,
    dtype,
    quantised,
    batchShape: shapeFromJson(stored.get("batch_shape")) ?? shapeFromJson(stored.get("batch_input_shape")),
    weights: new Map(),
    children,
    innerCalls,
    path,
    problems,
  };
  if (place.stored && place.depth > 0) r.shared.add(raw, node);
  if (def !== null && typed.problems.length === 0) {
    r.open.add(node);
    const around = { path: place.depth === 0 ? "" : path, scope: scopeInside(node, place.scope) };
    readChildren(def, node, r, { ...place, ...around, trainable }, { children, innerCalls });
    r.open.delete(node);
    node.weights = declaredWeights(def, node, variable, r);
    problems.push(...unheldWeights(def, node));
  }
  return node;
}

/** With the blocks and the adapters that options ask for; what would be no rank asks for none. */
function withOptions(quantization: Quantization, options: JsonObject): Quantization {
  const [adapter, blocks] = [adapterOf(options), quantization.mode === "int4" ? blocksIn(options) : undefined];
  return { ...quantization, ...(blocks !== undefined && { block: blocks }), ...(adapter !== null && { adapter }) };
}

/** Weights of a dtype that its generation makes none of. */
function unheldWeights(def: AnyDef, { dtype, path, semantics }: LayerNode): Problem[] {
  if (isFloat(dtype) || def.calls?.casts === "older" || def.weights === undefined) return [];
  if (EDITIONS[semantics].hasWholeWeights) return [];
  return [{ code: "unsupported/dtype-policy", path, expected: "float32", found: dtype }];
}

/** A layer and all below it at another place, under another name; weights are the same. */
function placedAt(
  node: LayerNode,
  to: { readonly path: string; readonly name: string; readonly raw: JsonObject | null },
  copies: Map<LayerNode, LayerNode>,
): LayerNode {
  const known = copies.get(node);
  if (known !== undefined) return known;
  const path = to.path === "" ? to.name : `${to.path}/${to.name}`;
  const inner = (child: LayerNode): LayerNode => placedAt(child, { path, name: child.name, raw: child.raw }, copies);
  const children = [...node.children].map(([attribute, inside]) => [attribute, inside.map(inner)] as const);
  const placed = { ...node, ...to, path, children: new Map(children) };
  copies.set(node, placed);
  return placed;
}

/** Layers that options name as activations and that are no function of Keras: PReLU has weights. Of an LSTM its cell has them. */
function activationLayers(def: AnyDef, { config, options }: LayerNode, r: NodeReader): [string, JsonObject][] {
  const isOwner = def.kind !== "operation" && def.children === undefined;
  return Object.entries(isOwner ? def.config : {}).flatMap(([key, { kind }]): [string, JsonObject][] => {
    const raw = options.get(key);
    const isLayer = kind === "activation" && isUnknownActivation(config[key] as ActivationSpec) && raw instanceof Map;
    if (!isLayer || typeof raw.get("class_name") !== "string") return [];
    return classOf(raw, r)?.kind === "layer" ? [[key, raw]] : [];
  });
}

function readChildren(
  def: AnyDef,
  node: LayerNode,
  r: NodeReader,
  place: NodePlace,
  into: { children: Map<string, readonly LayerNode[]>; innerCalls: Map<string, readonly Call[]> },
): void {
  const inside = { path: place.path, scope: place.scope, depth: place.depth + 1, trainable: place.trainable };
  for (const [attribute, raw] of activationLayers(def, node, r)) {
    const stored = place.stored;
    into.children.set(attribute, [readNode(raw, r, { ...inside, stored, calls: [] })]);
  }
  for (const [attribute, child] of Object.entries<"option" | DerivedChild<unknown>>(def.children ?? {})) {
    const isOption = child === "option";
    const found = isOption ? node.config[attribute] : child.config(node.config, node.options, r.semantics);
    if (found === null) continue;
    const stored = place.stored && (isOption || child.spelled !== undefined);
    if (found instanceof Map) {
      into.children.set(attribute, [readNode(found, r, { ...inside, stored, calls: [] })]);
      continue;
    }
    const list = found as readonly JsonObject[];
    const names = namesOf(list);
    const known = new Set(names);
    const children = list.map((raw, i) => {
      const name = names[i]!;
      const path = place.path === "" ? name : `${place.path}/${name}`;
      const keepsLists = classOf(raw, r)?.calls?.keepsLists === true;
      const calls = readCalls(raw.get("inbound_nodes"), { path, names: known, keepsLists });
      const made = readNode(raw, r, { ...inside, stored, calls, name });
      const isLayer = made.def?.kind === "layer" && made.def.calls?.likeOperation !== true;
      if (calls.length > 0) into.innerCalls.set(made.name, isLayer ? calls.map(withMasks) : calls);
      return made;
    });
    checkNames(children, place.path, r);
    into.children.set(attribute, children);
  }
}

/** The name beside the config is what calls refer to; a TensorFlowOpLayer's config has another. */
const ownName = (raw: JsonObject, config: JsonObject): string | null =>
  text(raw.get("name")) ?? text(config.get("name"));

/** Names of all layers of a list; Sequentials of Keras 1 have none and are counted: `sequential`, `sequential_1`. */
function namesOf(list: readonly JsonObject[]): string[] {
  const given = list.map((raw) => ownName(raw, configOf(raw)));
  const taken = new Set(given);
  const next = new Map<string, number>();
  return given.map((name, i) => {
    if (name !== null) return name;
    const base = instanceName(text(list[i]!.get("class_name")) ?? "layer");
    for (let n = next.get(base) ?? 0; ; n++) {
      const candidate = n === 0 ? base : `${base}_${n}`;
      if (taken.has(candidate)) continue;
      taken.add(candidate);
      next.set(base, n + 1);
      return candidate;
    }
  });
}

/** Two layers of one model must not share a name: references could mean either. */
function checkNames(children: readonly LayerNode[], path: string, r: NodeReader): void {
  const seen = new Map<string, LayerNode>();
  for (const child of children) {
    const other = seen.get(child.name);
    if (other !== undefined && other !== child) {
      r.problems.push({
        code: "malformed/duplicate-layer",
        path: path === "" ? child.name : `${path}/${child.name}`,
        message: "two layers have one name",
      });
    }
    seen.set(child.name, child);
  }
}

/** The weight of a layer inside at the first of these paths: `layer/kernel`. */
function insideOf(node: LayerNode, paths: readonly string[]): BoundWeight | undefined {
  const found = paths.map((path) => {
    const [attribute, name] = path.split("/") as [string, string];
    return node.children.get(attribute)?.[0]?.weights.get(name);
  });
  return found.find((weight) => weight !== undefined) as BoundWeight | undefined;
}

function initialiserOf(def: AnyDef, node: LayerNode, init: WeightDecl<unknown>["init"]): JsonNode {
  if (typeof init === "function") return init(node.config);
  if (init === undefined) return null;
  const field = def.config[init];
  return node.options.get(init) ?? (field === undefined ? init : field.default);
}

function dtypeOfWeight({ dtype: told }: WeightDecl<never>, node: LayerNode, own: DType, before: LayerWeights): DType {
  if (typeof told === "function") return told(own, node.semantics, node.config as never);
  if (typeof told === "object") return before.get(told.ofWeight)?.dtype ?? own;
  return told ?? own;
}

function declaredWeights(def: AnyDef, node: LayerNode, dtype: DType, r: NodeReader): LayerWeights {
  const weights = new Map<string, BoundWeight>();
  for (const [name, decl] of Object.entries(def.weights ?? {})) {
    if (decl.when !== undefined && !(decl.when as (c: unknown) => boolean)(node.config)) continue;
    const init = initialiserOf(def, node, decl.init as WeightDecl<unknown>["init"]);
    const isInteger = isInt8(decl, node.config);
    const trainable = node.trainable && decl.trainable !== false && !isInteger;
    const ones = (decl.ones as ((c: unknown) => readonly [number, number] | null) | undefined)?.(node.config) ?? null;
    const path = `${node.path}/${name}`;
    const same = insideOf(node, decl.same ?? []);
    const ofWeight = isInteger ? "int8" : dtypeOfWeight(decl, node, dtype, weights);
    weights.set(name, same ?? new BoundWeight({ name, path, trainable, dtype: ofWeight, init, ones }, r.initialise));
  }
  return weights;
}
