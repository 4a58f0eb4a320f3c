/** Configs in the words of TensorFlow.js, `getConfig()`, as those of Keras. */
import type { JsonNode, JsonObject } from "../codecs/json.ts";

/** `inputShape` → `input_shape`. Source: tfjs-layers/src/utils/generic_utils.ts (`toSnakeCase`). */
const snake = (name: string): string =>
  name
    .replace(/(.)([A-Z][a-z0-9]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(/^_(?=.)/, "private_");

const NAMES: ReadonlySet<string> = new Set(["name", "className"]);
const PLACES: ReadonlySet<string> = new Set(["inboundNodes", "inputLayers", "outputLayers"]);

/**
 * As TensorFlow.js itself does when it saves: keys and texts, except for names. Source:
 * tfjs-layers/src/utils/serialization_utils.ts (`convertTsToPythonic`).
 */
function pythonic(node: JsonNode, key: string): JsonNode {
  if (typeof node === "string") return snake(node);
  if (Array.isArray(node))
    return node.map((item, i) => (PLACES.has(key) && i === 0 && typeof item === "string" ? item : pythonic(item, key)));
  if (!(node instanceof Map)) return node;
  return new Map([...node].map(([k, v]) => [snake(k), NAMES.has(k) && typeof v === "string" ? v : pythonic(v, k)]));
}

/** A config with today's keys; one that has them is given back as it is. */
export function snakeCased(config: JsonObject): JsonObject {
  return config.has("className") ? (pythonic(config, "") as JsonObject) : config;
}
