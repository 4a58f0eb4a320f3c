/** JSON texts inside files, each with a place for its errors. */
import { type JsonDocument, type JsonNode, parseJson } from "../codecs/json.ts";
import { atMost, fail, failAll, FormatError } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Source } from "../core/source.ts";
import type { FilePlace } from "./stored.ts";

/** A text that is already in memory: `path` names the attribute or member it came from. */
export function jsonText(text: string | Uint8Array, place: FilePlace, path: string, limits: Limits): JsonDocument {
  try {
    return parseJson(text, limits);
  } catch (error) {
    const outer = place.prefix + path;
    if (error instanceof FormatError) {
      failAll(
        error.problems.map((problem) => ({
          ...problem,
          source: place.source,
          file: place.file,
          path: [outer, problem.path ?? ""].filter((part) => part !== "").join(":"),
        })),
      );
    }
    throw error;
  }
}

/** A whole file or member; its size is checked before it is read. */
export async function jsonSource(
  source: Source,
  place: FilePlace,
  path: string,
  limits: Limits,
): Promise<JsonDocument> {
  atMost("limit/json-bytes", source.size, limits.jsonBytes, "bytes", {
    source: place.source,
    file: place.file,
    path: place.prefix + path,
  });
  return jsonText(await source.read(0, source.size), place, path, limits);
}

/** Refuses a config that is not `{class_name, config}`. */
export function checkModelConfig(root: JsonNode, place: FilePlace, path: string): void {
  if (root instanceof Map && typeof root.get("class_name") === "string" && root.has("config")) return;
  fail("malformed/config", {
    source: place.source,
    file: place.file,
    path: place.prefix + path,
    expected: "an object with class_name and config",
    found: describeJson(root),
  });
}

/** What a JSON value is, in words for messages. */
export function describeJson(node: JsonNode): string {
  if (node === null) return "null";
  if (Array.isArray(node)) return "a list";
  if (node instanceof Map) return `an object with ${[...node.keys()].slice(0, 8).join(", ") || "no keys"}`;
  return typeof node === "object" ? "a number" : `a ${typeof node}`;
}
