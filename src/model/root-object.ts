import type { JsonNode, JsonObject } from "../codecs/json.ts";
import { fail } from "../core/error.ts";

/** The serialised root: `to_json()` has a class_name, `get_config()` alone has not. */
export function rootObject(config: JsonNode): JsonObject {
  const named = (className: string): JsonObject =>
    new Map<string, JsonNode>([
      ["class_name", className],
      ["config", config],
    ]);
  if (Array.isArray(config)) return named("Sequential");
  if (!(config instanceof Map)) return fail("malformed/config", { expected: "a model's config" });
  if (typeof config.get("class_name") === "string") return config;
  if (!Array.isArray(config.get("layers")))
    return fail("malformed/config", { expected: "a model's config: class_name, or layers" });
  return named(config.has("input_layers") ? "Functional" : "Sequential");
}
