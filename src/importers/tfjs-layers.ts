/** Reads TensorFlow.js's layers models. See formats/tfjs-layers.ts for the layout and its sources. */
import { type JsonDocument, type JsonNode, type JsonObject, PYTHON_STYLE } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Archive, StoredWeight } from "../formats/archive.ts";
import { type Generation, generationFromConfig, generationOf } from "../formats/generation.ts";
import type { Members } from "../formats/members.ts";
import { MANIFEST, METADATA, OPTIMIZER_GROUP, TOPOLOGY } from "../formats/tfjs-layers.ts";
import { snakeCased } from "./camel-case.ts";
import { Claims } from "./claims.ts";
import { checkModelConfig, jsonSource, jsonText } from "./config.ts";
import { namedWeights } from "./named-weights.ts";
import type { FilePlace } from "./stored.ts";
import { modelJsonAmong } from "./tfjs-json.ts";
import { kerasOptimizer, kerasTraining } from "./tfjs-training.ts";
import { readManifest } from "./tfjs-weights.ts";

/**
 * Weights are found by name, quantised ones widened when they are read; the optimizer's are kept apart. Throws `malformed/*`,
 * `limit/*`, `unsupported/dtype`; `unsupported/format` for graph models.
 */
export async function importTfjsLayers(members: Members, limits: Limits): Promise<Archive> {
  const name = (await modelJsonAmong(members, limits))!;
  const place: FilePlace = {
    source: "tfjs-layers",
    file: members.name,
    prefix: members.names.length === 1 ? "" : `${name}:`,
  };
  const document = await jsonSource(
    await members.open(name),
    { ...place, prefix: "" },
    members.names.length === 1 ? "" : name,
    limits,
  );
  const root = asObject(document.root, place, "");
  const topology = topologyOf(root, place, limits);
  const config = topology === null ? null : configOf(topology, place, limits);
  const claims = new Claims();
  const manifest = await readManifest(root.get(MANIFEST) ?? null, members, place, limits);
  for (const file of members.names) {
    const used = file === name || manifest.shards.has(file);
    const kind = file === METADATA ? "metadata" : file.endsWith("/") ? "structure" : "unknown";
    claims.book(file, members.sizeOf(file), used ? "used" : kind);
  }
  const isOptimizer = ({ group }: (typeof manifest.weights)[number]): boolean => group === OPTIMIZER_GROUP;
  const trained = root.get("trainingConfig") ?? topology?.get("training_config") ?? null;
  const stored = (list: typeof manifest.weights): StoredWeight[] => list.map(({ weight }) => weight);
  const named = namedWeights(stored(manifest.weights.filter((entry) => !isOptimizer(entry))));
  return {
    format: "tfjs-layers",
    ...generation(root, topology, config),
    file: members.name,
    config,
    naming: manifest.weights.length === 0 && config !== null ? "none" : named.naming,
    weights: named.weights,
    layerNames: [],
    groupNames: new Map(),
    training: kerasTraining(trained),
    optimizer: [
      ...named.optimizer,
      ...kerasOptimizer(
        stored(manifest.weights.filter(isOptimizer)),
        trained,
        named.weights.map(({ key }) => key),
      ),
    ],
    extras: claims.extras(),
    ledger: claims.ledger(members.size),
    warnings: [],
    container: null,
    close: members.close,
  };
}

function asObject(node: JsonNode, place: FilePlace, path: string): JsonObject {
  if (node instanceof Map) return node;
  return fail("malformed/config", {
    source: place.source,
    file: place.file,
    path: place.prefix + path,
    expected: "an object",
  });
}

/** A JSON text inside JSON, as some versions write it, or what is there. */
function unquoted(node: JsonNode, place: FilePlace, path: string, limits: Limits): JsonNode {
  return typeof node === "string" ? jsonText(node, place, path, limits).root : node;
}

function topologyOf(root: JsonObject, place: FilePlace, limits: Limits): JsonObject | null {
  const found = unquoted(root.get(TOPOLOGY) ?? null, place, TOPOLOGY, limits);
  const isGraph = root.get("format") === "graph-model" || (found instanceof Map && found.has("node"));
  if (isGraph)
    fail("unsupported/format", {
      file: place.file,
      message:
        "a TensorFlow.js graph model, in which no layers are left: load the Keras file that it was made from, or convert that with --output_format=tfjs_layers_model",
    });
  return found === null ? null : asObject(found, place, TOPOLOGY);
}

/** `{class_name, config}`: the Python converter puts it into `model_config`. */
function configOf(topology: JsonObject, place: FilePlace, limits: Limits): JsonDocument {
  const path = topology.has("model_config") ? `${TOPOLOGY}.model_config` : TOPOLOGY;
  const found = unquoted(topology.get("model_config") ?? topology, place, path, limits);
  const own = snakeCased(asObject(found, place, path));
  checkModelConfig(own, place, path);
  const root = new Map<string, JsonNode>([...own].filter(([key]) => !["keras_version", "backend"].includes(key)));
  return { root, style: PYTHON_STYLE };
}

/** The version stands in the topology; the converter also says it outside. */
function generation(root: JsonObject, topology: JsonObject | null, config: JsonDocument | null): Generation {
  const outer = (key: string): string | null => {
    const value = root.get(key);
    return typeof value === "string" ? value : null;
  };
  const own = topology?.get("keras_version") ?? topology?.get("kerasVersion");
  const generated = /^(?:keras|TensorFlow\.js) (?:(tfjs-layers) )?v(.+)$/.exec(outer("generatedBy") ?? "");
  const said = generated === null ? null : [generated[1], generated[2]].filter((part) => part !== undefined).join(" ");
  const version = typeof own === "string" ? own : said;
  const backend = topology?.get("backend");
  const known = version === null ? null : generationOf(version, typeof backend === "string" ? backend : null);
  return known ?? generationFromConfig(config?.root ?? null, null);
}
