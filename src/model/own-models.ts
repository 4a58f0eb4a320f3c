/**
 * Models of a class of somebody's own that are Functional or Sequential all the same: `class VAE(keras.Model)` with a
 * `train_step`, made of inputs and outputs. Keras writes their config as that of the class below, and only the name differs.
 * A layer's config never has these options, and no list of layers but a model's begins with an InputLayer.
 * Source: keras/src/models/{functional,sequential}.py (get_config), tf_keras/src/engine/{functional,sequential}.py.
 */
import type { JsonNode, JsonObject } from "../codecs/json.ts";
import type { Problem } from "../core/error.ts";
import type { Archive } from "../formats/archive.ts";
import { functionalModule } from "../formats/keras-package.ts";
import type { Supplied } from "../layers/custom.ts";
import { rootObject } from "./root-object.ts";
import { MODELS } from "./walk.ts";

const SEQUENTIAL: ReadonlySet<string> = new Set(["name", "trainable", "dtype", "layers", "build_input_shape"]);

const isLayer = (node: JsonNode): node is JsonObject =>
  node instanceof Map && typeof node.get("class_name") === "string";

/** The class below that the config is of. */
function plainClass(config: JsonNode | undefined): "Functional" | "Sequential" | null {
  if (!(config instanceof Map)) return null;
  const [layers, inputs, outputs] = ["layers", "input_layers", "output_layers"].map((key) => config.get(key));
  if (!Array.isArray(layers) || layers.length === 0 || !layers.every(isLayer)) return null;
  if (inputs !== undefined && outputs !== undefined) return "Functional";
  const isRow = layers[0]!.get("class_name") === "InputLayer" && [...config.keys()].every((key) => SEQUENTIAL.has(key));
  return isRow ? "Sequential" : null;
}

/** An archive whose models are of classes of Keras, with a warning for each that was not. */
export function withPlainModels(
  archive: Archive,
  supplied: Supplied | undefined,
): { readonly archive: Archive; readonly warnings: readonly Problem[] } {
  const { config, dialect, writer } = archive;
  if (config === null) return { archive, warnings: [] };
  const classes = new Map<JsonObject, string>();
  const warnings: Problem[] = [];
  const ownClass = (object: JsonObject): string | null => {
    const [name, registered] = [object.get("class_name"), object.get("registered_name")];
    if (typeof name !== "string") return null;
    const full = typeof registered === "string" ? registered : name;
    const short = name.slice(name.lastIndexOf(">") + 1);
    return [full, short].some((one) => supplied?.layers?.has(one)) || MODELS.has(full) ? null : short;
  };
  const plain = (node: JsonNode): JsonNode => {
    if (Array.isArray(node)) {
      const items = node.map(plain);
      return items.every((item, i) => item === node[i]) ? node : items;
    }
    if (!(node instanceof Map)) return node;
    const entries = [...node].map(([key, value]) => [key, plain(value)] as const);
    const inside = entries.every(([key, value]) => value === node.get(key)) ? node : new Map(entries);
    const className = plainClass(inside.get("config"));
    const own = className === null ? null : ownClass(node);
    if (className === null || own === null) return inside;
    const made = new Map(inside).set("class_name", className);
    const isFunctional = className === "Functional";
    if (node.has("module")) made.set("module", isFunctional ? functionalModule(dialect, writer.version) : "keras");
    if (node.has("registered_name")) made.set("registered_name", isFunctional ? className : null);
    classes.set(made, own);
    const name = (node.get("config") as JsonObject).get("name");
    warnings.push({
      code: "unsupported/layer",
      path: typeof name === "string" ? name : own,
      message: `read, and written, as the ${className} model that the file describes: what its class changes in Python is not in it`,
      found: own,
    });
    return made;
  };
  const root = plain(rootObject(config.root));
  return { archive: classes.size === 0 ? archive : { ...archive, config: { ...config, root }, classes }, warnings };
}
