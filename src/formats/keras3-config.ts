/**
 * The two forms in which Keras 3 writes a model: whole objects (`module`, `registered_name`, `build_config` …) in `.keras` and
 * to_json(), and the legacy form of `.h5`, where a model's layers are `{class_name, config}` while objects inside a layer's
 * config stay whole. Sources: keras/src/saving/serialization_lib.py, keras/src/legacy/saving/serialization.py.
 */
import { JsonNumber, type JsonNode, type JsonObject } from "../codecs/json.ts";
import { type KeyItem, withoutEllipsis } from "../core/ellipsis.ts";
import type { Dialect } from "./archive.ts";
import { LANGUAGES } from "./languages.ts";

const MODEL_CLASSES: ReadonlySet<string> = new Set(["Sequential", "Functional", "Model"]);
const OPERATIONS = "keras.src.ops.";
const APPLICATIONS = "keras.src.applications.";
/** Classes that whole objects call by another name than Keras's code does, and with it the legacy form. */
const CODE_NAMES: ReadonlyMap<JsonNode, string> = new Map([["GroupQueryAttention", "GroupedQueryAttention"]]);
/** The same of tf.keras. */
const OLDER_CODE_NAMES: ReadonlyMap<JsonNode, string> = new Map([
  ["SharpnessAwareMinimization", "Custom>SharpnessAwareMinimization"],
]);
const WHOLE_NAMES: ReadonlyMap<string, string> = new Map([["GroupedQueryAttention", "GroupQueryAttention"]]);
const PLAIN_MODULES: ReadonlySet<string> = new Set(["keras.initializers", "keras.regularizers", "keras.constraints"]);

/** Edits a copy of every model and layer object, from the outside in; everything else is shared with the original. */
function mapLayers(root: JsonObject, deep: boolean, edit: (object: JsonObject) => JsonObject): JsonObject {
  const result = edit(new Map(root));
  const open: JsonObject[] = [result];
  for (let object = open.pop(); object !== undefined; object = open.pop()) {
    const config = object.get("config");
    if (!(config instanceof Map)) continue;
    const layers = config.get("layers");
    const isModel = MODEL_CLASSES.has(String(object.get("class_name"))) || config.has("input_layers");
    if (!isModel || !Array.isArray(layers)) continue;
    const edited = layers.map((layer) => (layer instanceof Map ? edit(new Map(layer)) : layer));
    object.set("config", new Map(config).set("layers", edited));
    if (deep) for (const layer of edited) if (layer instanceof Map) open.push(layer);
  }
  return result;
}

/**
 * A copy without the ids that `.keras` gives to initialisers, policies and the like when one Python object stands at several
 * places; other texts have none. Layers keep theirs: they say which layers share weights.
 */
export function withoutPlainIds(root: JsonObject): JsonObject {
  const open: JsonNode[] = [];
  const copy = (node: JsonNode): JsonNode => {
    if (node === null || typeof node !== "object" || node instanceof JsonNumber) return node;
    const own = Array.isArray(node) ? [...node] : new Map(node);
    open.push(own);
    return own;
  };
  const result = copy(root);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (Array.isArray(node)) for (const [index, item] of node.entries()) node[index] = copy(item);
    else if (node instanceof Map) {
      if (isPlain(node)) node.delete("shared_object_id");
      for (const [key, item] of node) node.set(key, copy(item));
    }
  }
  return result as JsonObject;
}

function isPlain(object: JsonObject): boolean {
  const module = object.get("module");
  const name = object.get("class_name");
  return PLAIN_MODULES.has(String(module)) || (typeof name === "string" && /DTypePolicy(Map)?$/.test(name));
}

/**
 * For `.h5`; a config that came from there has this form already. tf.keras leaves the layers of inner models whole. Where
 * Keras 3 writes the legacy form and cannot read it back, objects stay whole, which it can. `changes` gets a line for what
 * is not said as before. `adapted`: the layers whose low-rank adapters are among the arrays.
 */
export function legacyForm(
  root: JsonObject,
  dialect: Dialect,
  changes = new Set<string>(),
  adapted: ReadonlySet<string> = new Set(),
): JsonObject {
  const { hasOperations } = LANGUAGES[dialect];
  const readable = (
    hasOperations ? legacyReadable(root, adapted, changes) : withoutArrays(root, root.has("module"), changes)
  ) as JsonObject;
  if (!root.has("module")) return readable;
  return mapLayers(withoutPlainIds(readable), hasOperations, (object) => {
    if (hasOperations && isLostInLegacyForm(object)) return object;
    const registered = object.get("registered_name");
    if (typeof registered === "string" && registered.includes(">")) object.set("class_name", registered);
    const own = (hasOperations ? CODE_NAMES : OLDER_CODE_NAMES).get(object.get("class_name") ?? null);
    if (own !== undefined) object.set("class_name", own);
    for (const key of ["module", "registered_name", "build_config", "compile_config"]) object.delete(key);
    return object;
  });
}

/** Functions that tf-keras writes under TensorFlow's own names, which its reader of `.h5` does not know: those it does. */
const FUNCTIONS: ReadonlyMap<JsonNode, string> = new Map([["log_softmax_v2", "log_softmax"]]);

/** A copy with lists in the place of NumPy's arrays, and names in that of functions, which tf-keras's reader of `.h5` does not know. */
function withoutArrays(node: JsonNode, isWhole: boolean, changes: Set<string>): JsonNode {
  if (Array.isArray(node)) return node.map((item) => withoutArrays(item, isWhole, changes));
  if (!(node instanceof Map)) return node;
  // What comes from an `.h5` stays as it is there.
  const name = isWhole && node.get("class_name") === "function" ? FUNCTIONS.get(node.get("config") ?? null) : undefined;
  if (name !== undefined) return name;
  const config = node.get("class_name") === "__numpy__" ? node.get("config") : undefined;
  if (!(config instanceof Map))
    return new Map([...node].map(([key, value]) => [key, withoutArrays(value, isWhole, changes)]));
  changes.add("arrays of initialisers: written as lists, since Keras 2 does not read arrays in .h5");
  return config.get("value") ?? null;
}

/**
 * A copy in words that Keras 3's reader of `.h5` takes. Its weights are all that a layer has, adapters of `enable_lora`
 * among them, where the tree of `.keras` holds the sum; and it makes a Python object of an ellipsis too early.
 */
function legacyReadable(node: JsonNode, adapted: ReadonlySet<string>, changes: Set<string>): JsonNode {
  if (Array.isArray(node)) return node.map((item) => legacyReadable(item, adapted, changes));
  if (!(node instanceof Map)) return node;
  const calls = node.get("class_name") === "GetItem" ? node.get("inbound_nodes") : undefined;
  const own = new Map(Array.isArray(calls) ? [...node, ["inbound_nodes", calls.map(speltCall)]] : node);
  if ((own.get("lora_rank") ?? null) !== null && !adapted.has(String(own.get("name")))) {
    own.delete("lora_rank");
    own.delete("lora_alpha");
    changes.add("low-rank adapters (LoRA): left out of the config, since the weights hold their sum");
  }
  // A word that names a function of keras.layers is taken for it; this one is the default.
  if (own.get("score_mode") === "dot") own.delete("score_mode");
  for (const [key, value] of own) own.set(key, legacyReadable(value, adapted, changes));
  return own;
}

const hasClass = (node: JsonNode | undefined, name: string): boolean =>
  node instanceof Map && node.get("class_name") === name;
/** A whole axis, as Keras 2 says it, and Keras 3. */
const WHOLE_AXIS: JsonObject = new Map(["start", "stop", "step"].map((key) => [key, null]));
const WHOLE_AXIS_OBJECT: JsonObject = new Map<string, JsonNode>([
  ["class_name", "__slice__"],
  ["config", WHOLE_AXIS],
]);

const kindOf = (item: JsonNode): KeyItem =>
  item === null ? "new" : hasClass(item, "__ellipsis__") ? "ellipsis" : "axis";

/** A key of indexing x of that rank without its ellipsis, a whole axis said so; null where it has none. */
const speltKey = (key: JsonNode, rank: number, whole: JsonNode): readonly JsonNode[] | null =>
  withoutEllipsis(Array.isArray(key) ? key : [key], rank, whole, kindOf);

/** `x[..., 0]` of Keras 3 with the axes that the ellipsis stands for spelt out. */
function speltCall(call: JsonNode): JsonNode {
  const args = call instanceof Map ? call.get("args") : undefined;
  if (!(call instanceof Map) || !Array.isArray(args)) return call;
  const [x, key] = args;
  const about = x instanceof Map ? x.get("config") : undefined;
  const shape = about instanceof Map ? about.get("shape") : undefined;
  const spelt = Array.isArray(shape) ? speltKey(key ?? null, shape.length, WHOLE_AXIS_OBJECT) : null;
  return spelt === null ? call : new Map(call).set("args", [x!, [...spelt]]);
}

/** As `speltCall`, of Keras 2's calls of a layer that was built on x of this rank: tf-keras reads no ellipsis from `.keras`. */
function speltOlder(call: JsonNode, rank: number): JsonNode {
  if (Array.isArray(call)) return call.map((part) => speltOlder(part, rank));
  const key = call instanceof Map ? call.get("slice_spec") : undefined;
  const spelt = key === undefined ? null : speltKey(key, rank, WHOLE_AXIS);
  return spelt === null ? call : new Map(call as JsonObject).set("slice_spec", [...spelt]);
}

/** A copy of a model of Keras 2 without ellipses, where its layers say what they were built on. */
export function withoutEllipses(root: JsonObject): JsonObject {
  return mapLayers(root, true, (object) => {
    const [calls, built] = [object.get("inbound_nodes"), object.get("build_config")];
    const shape = built instanceof Map ? built.get("input_shape") : undefined;
    if (object.get("class_name") !== "SlicingOpLambda" || calls === undefined || !Array.isArray(shape)) return object;
    return new Map(object).set("inbound_nodes", speltOlder(calls, shape.length));
  });
}

/** Operations and layers of applications, whose classes the legacy reader does not know, and lists of axes, which it drops or takes apart. */
function isLostInLegacyForm(object: JsonObject): boolean {
  const module = object.get("module");
  if (typeof module === "string" && (module.startsWith(OPERATIONS) || module.startsWith(APPLICATIONS))) return true;
  const config = object.get("config");
  return config instanceof Map && Array.isArray(config.get("axis"));
}

/** What the legacy form leaves out, as one generation writes it. */
export interface WholeForm {
  /** The module of Functional; Keras 3's by default. */
  readonly functional?: string;
  /** The module of an operation's class, or null for what is a layer. */
  readonly operation?: (className: string, config: JsonObject) => string | null;
}

/** For `.keras` and JSON: gives objects of the legacy form the module of Keras's own classes. */
export function wholeForm(root: JsonObject, form: WholeForm = {}): JsonObject {
  return mapLayers(root, true, (object) => {
    if (object.has("module")) return object;
    const own = identity(object, form);
    const rest = [...object].filter(([key]) => key !== "class_name" && key !== "config");
    return new Map<string, JsonNode>([
      ["module", own.module],
      ["class_name", own.name],
      ["config", object.get("config") ?? null],
      ["registered_name", own.registered],
      ...rest,
    ]);
  });
}

/** A class that somebody registered is found by that name alone, whatever its module. */
function identity(
  object: JsonObject,
  form: WholeForm,
): { module: string | null; name: string; registered: string | null } {
  const name = String(object.get("class_name"));
  if (name === "Functional" || name === "Model") {
    return { module: form.functional ?? "keras.src.models.functional", name: "Functional", registered: "Functional" };
  }
  if (name.includes(">")) return { module: null, name: name.slice(name.lastIndexOf(">") + 1), registered: name };
  const config = object.get("config");
  const operation = form.operation?.(name, config instanceof Map ? config : new Map()) ?? null;
  if (operation !== null) return { module: operation, name, registered: name };
  const whole = WHOLE_NAMES.get(name) ?? name;
  return { module: name === "Sequential" ? "keras" : "keras.layers", name: whole, registered: null };
}
