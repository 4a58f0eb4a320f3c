/**
 * The two forms in which Keras 3 writes a model: whole objects (`module`, `registered_name`, `build_config` …) in `.keras` and
 * to_json(), and the legacy form of `.h5`, where a model's layers are `{class_name, config}` while objects inside a layer's
 * config stay whole. Sources: keras/src/saving/serialization_lib.py, keras/src/legacy/saving/serialization.py.
 */
import { JsonNumber, type JsonNode, type JsonObject } from "../codecs/json.ts";
import type { Dialect } from "./archive.ts";

const MODEL_CLASSES: ReadonlySet<string> = new Set(["Sequential", "Functional", "Model"]);
const OPERATIONS = "keras.src.ops.";
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
 * Keras 3 writes the legacy form and cannot read it back, objects stay whole, which it can.
 */
export function legacyForm(root: JsonObject, dialect: Dialect): JsonObject {
  if (!root.has("module")) return root;
  return mapLayers(withoutPlainIds(root), dialect === "keras3", (object) => {
    if (dialect === "keras3" && isLostInLegacyForm(object)) return object;
    const registered = object.get("registered_name");
    if (typeof registered === "string" && registered.includes(">")) object.set("class_name", registered);
    for (const key of ["module", "registered_name", "build_config", "compile_config"]) object.delete(key);
    return object;
  });
}

/** Operations, whose classes the legacy reader does not know, and lists of axes, which it drops or takes apart. */
function isLostInLegacyForm(object: JsonObject): boolean {
  const module = object.get("module");
  if (typeof module === "string" && module.startsWith(OPERATIONS)) return true;
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
  return { module: name === "Sequential" ? "keras" : "keras.layers", name, registered: null };
}
