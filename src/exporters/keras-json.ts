/** Writes an architecture as `model.to_json()` does in the artifact's generation. See formats/keras-json.ts. */
import { type JsonNode, type JsonObject, printJson } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import type { Artifact, Exported } from "../formats/archive.ts";
import { LANGUAGES } from "../formats/languages.ts";
import type { KerasJsonContainer } from "../formats/keras-json.ts";
import { wholeForm, withoutPlainIds } from "../formats/keras3-config.ts";
import { compileConfig, isCompiled } from "../formats/training.ts";
import { keptTraining, sameFormat } from "./origin.ts";
import { exported, exportedWhole } from "./report.ts";
import { wholeFormOf, writtenBy } from "./written-by.ts";

/** The text is Python's `json.dumps` without arguments, or the original's own. */
export async function exportKerasJson(artifact: Artifact): Promise<Exported> {
  const original = sameFormat(artifact, "keras-json");
  if (original !== null) {
    const { document } = original.container as KerasJsonContainer;
    return exportedWhole(original, textChunks(printJson(document.root, document.style)));
  }
  const training = LANGUAGES[artifact.dialect].holdsTraining ? keptTraining(artifact) : null;
  const carried = {
    config: true,
    weights: false,
    optimizer: false,
    training: training !== null,
    extras: new Set<string>(),
  };
  return exported(artifact, carried, textChunks(printJson(architecture(artifact, training))));
}

/** The architecture as JSON, `to_json()` of the artifact's generation. */
export function architecture(artifact: Artifact, training: JsonObject | null): JsonObject {
  const { root } = artifact.config;
  if (!(root instanceof Map))
    fail("unsupported/no-architecture", { source: "keras-json", expected: "an object with class_name" });
  if (LANGUAGES[artifact.dialect].holdsTraining) {
    const whole = wholeForm(withoutPlainIds(root), wholeFormOf(artifact));
    if (training !== null) whole.set("compile_config", compileConfig(training));
    else if (isCompiled(artifact.training)) whole.delete("compile_config");
    return whole;
  }
  const { version, backend } = writtenBy(artifact);
  const bare = withoutPlainIds(root);
  const result: JsonObject = new Map<string, JsonNode>([
    ["class_name", bare.get("class_name") ?? null],
    ["config", bare.get("config") ?? null],
    ["keras_version", version],
  ]);
  if (LANGUAGES[artifact.dialect].hasBackend) result.set("backend", backend);
  return result;
}

function textChunks(text: string): () => AsyncIterable<Uint8Array> {
  return async function* () {
    yield new TextEncoder().encode(text);
  };
}
