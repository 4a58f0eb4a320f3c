/** Objects of somebody's own that a model was compiled with, which Keras asks for when it reads the file. */
import type { JsonNode } from "../codecs/json.ts";

/** What is registered has the package before its name. */
const REGISTERED = /^[^\s>]+>[A-Za-z_]\w*$/;

const isKeras = (module: JsonNode | undefined): boolean =>
  typeof module !== "string" || /^(keras|tf_keras|builtins)(\.|$)/.test(module);

/** Optimizers of its own are registered too in `.h5` of tf-keras. */
const withoutOwnClass = (node: JsonNode): JsonNode | undefined =>
  node instanceof Map && String(node.get("class_name")).startsWith("Custom>") ? node.get("config") : node;

/** Names of losses, metrics, schedules and optimizers as custom objects. Those of plain strings, as `.h5` has them, are not told from Keras's own. */
export function* compiledNames(node: JsonNode | undefined): Generator<string> {
  if (typeof node === "string" && REGISTERED.test(node)) yield node;
  if (Array.isArray(node)) for (const item of node) yield* compiledNames(item);
  if (!(node instanceof Map)) return;
  const [name, config, module] = [node.get("class_name"), node.get("config"), node.get("module")];
  if (name === "function" && typeof config === "string") yield config;
  else if (typeof name === "string" && !isKeras(module)) yield name;
  for (const [key, value] of node)
    if (key !== "name") yield* compiledNames(key === "optimizer_config" ? withoutOwnClass(value) : value);
}
