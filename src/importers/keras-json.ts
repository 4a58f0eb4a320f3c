/** Reads architectures in JSON. See formats/keras-json.ts for the forms and their sources. */
import type { JsonDocument, JsonNode, JsonObject } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Source } from "../core/source.ts";
import type { Archive } from "../formats/archive.ts";
import { generationFromConfig, generationOf } from "../formats/generation.ts";
import { LANGUAGES } from "../formats/languages.ts";
import type { KerasJsonContainer } from "../formats/keras-json.ts";
import { Claims } from "./claims.ts";
import { describeJson, jsonSource, jsonText } from "./config.ts";
import type { FilePlace } from "./stored.ts";

/** Throws `malformed/json`, `limit/json-*`; `unsupported/format` for JSON that is no Keras model. */
export async function importKerasJson(source: Source, limits: Limits): Promise<Archive> {
  const place: FilePlace = { source: "keras-json", file: source.name, prefix: "" };
  const document = await jsonSource(source, place, "", limits);
  // `json.dump(model.to_json(), file)` quotes the text once more.
  const quoted = typeof document.root === "string";
  const text: JsonDocument = quoted ? jsonText(document.root as string, place, "", limits) : document;
  const { root } = text;
  refuseOthers(root, place);
  const outer = root instanceof Map ? root : new Map<string, JsonNode>();
  const inner = outer.get("model_config") ?? root;
  const version = outer.get("keras_version");
  const backend = outer.get("backend");
  const writer = typeof backend === "string" ? backend : null;
  const generation =
    (typeof version === "string" ? generationOf(version, writer) : null) ?? generationFromConfig(inner, writer);
  const config = named(inner, LANGUAGES[generation.dialect].graphClass, place);
  const claims = new Claims();
  claims.book("", source.size, "used");
  const container: KerasJsonContainer = { document };
  return {
    format: "keras-json",
    ...generation,
    file: source.name,
    config: { root: config, style: text.style },
    naming: "none",
    weights: [],
    layerNames: [],
    groupNames: new Map(),
    training: config.get("compile_config") ?? null,
    optimizer: [],
    extras: claims.extras(),
    ledger: claims.ledger(source.size),
    warnings: [],
    container,
    close: async () => source.close?.(),
  };
}

/** `{class_name, config}`, whether the text has it or is the config alone. */
function named(node: JsonNode, graphClass: string, place: FilePlace): JsonObject {
  if (node instanceof Map && typeof node.get("class_name") === "string" && node.has("config")) return node;
  const wrap = (name: string): JsonObject =>
    new Map<string, JsonNode>([
      ["class_name", name],
      ["config", node],
    ]);
  if (Array.isArray(node) && node.length > 0 && node.every(isLayer)) return wrap("Sequential");
  const layers = node instanceof Map ? node.get("layers") : undefined;
  if (node instanceof Map && Array.isArray(layers) && layers.every(isLayer)) {
    return wrap(node.has("input_layers") ? graphClass : "Sequential");
  }
  fail("unsupported/format", {
    file: place.file,
    message: "JSON, but not a Keras model",
    expected: "an object with class_name and config",
    found: describeJson(node),
  });
}

function isLayer(node: JsonNode): boolean {
  return node instanceof Map && node.has("class_name");
}

/** JSON of other formats, by name. */
function refuseOthers(root: JsonNode, place: FilePlace): void {
  if (!(root instanceof Map)) return;
  if (root.has("weight_map"))
    fail("unsupported/format", {
      file: place.file,
      message: "the index of sharded weights (.weights.json), without its shards",
    });
}
