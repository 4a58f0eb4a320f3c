import type { JsonNode, JsonObject } from "../codecs/json.ts";
import type { Artifact, FormatId } from "../formats/archive.ts";
import { EDITIONS, LANGUAGES } from "../formats/languages.ts";
import { functionalModule, minorOf as minor, packageOf } from "../formats/keras-package.ts";
import { EXTENSIONS } from "../formats/weights-h5.ts";
import { legacyForm, wholeForm, type WholeForm } from "../formats/keras3-config.ts";
import { findLayer, isOfApplication } from "../layers/registry.ts";

/** What a file says of its writer: the original's, as long as the model still speaks that generation's language. */
export function writtenBy({ origin, dialect, semantics }: Artifact): { version: string; backend: string } {
  const same = origin !== null && origin.dialect === dialect && origin.semantics === semantics;
  const writer = same && origin.writer.library !== "tfjs-layers" ? origin.writer : null;
  return { version: writer?.version ?? EDITIONS[semantics].version, backend: writer?.backend ?? "tensorflow" };
}

/** The second number of a writer's version 2.x; null for other versions. */
export function minorOf(artifact: Artifact): number | null {
  return minor(writtenBy(artifact).version);
}

/**
 * Whether a file of weights alone has the tree of `.keras`, where Keras 3 and tf.keras from 2.12 on look for it: the name
 * tells them. Weights without an architecture stay laid out as they are.
 */
export function isTree(artifact: Artifact, target: string): boolean {
  const { dialect, origin } = artifact;
  if (origin?.config === null) return origin.naming !== "flat";
  const hasTrees = LANGUAGES[dialect].hasOwnerNames || (minorOf(artifact) ?? 0) >= 12;
  return hasTrees && EXTENSIONS.some((ending) => target.endsWith(ending));
}

/** What tells whole objects of this artifact's generation from bare ones. */
export function wholeFormOf(artifact: Artifact): WholeForm {
  if (LANGUAGES[artifact.dialect].hasOperations) return { operation: operationModule };
  const { version } = writtenBy(artifact);
  const own = packageOf(version);
  // Keras 2 has no operations, but layers of applications.
  const operation = (className: string, config: JsonObject): string | null =>
    operationModule(className, config)?.replace(/^keras\b/, own) ?? null;
  return { functional: functionalModule(artifact.dialect, version), operation };
}

/** The names of layers whose low-rank adapters are arrays of their own in flat files. */
export const adaptedLayers = (artifact: Artifact): ReadonlySet<string> =>
  new Set(
    artifact
      .groups("flat")
      .flatMap(({ weights }) => weights.flatMap(({ name }) => /([^/]+)\/lora_\w+_a(:0)?$/.exec(name)?.[1] ?? [])),
  );

/** The config as a format holds it: who reads it looks for classes by what stands beside their names. */
export function writtenConfig(artifact: Artifact, format: FormatId): JsonNode {
  const { root } = artifact.config;
  if (!(root instanceof Map)) return root;
  if (format === "keras-h5") return legacyForm(root, artifact.dialect, new Set(), adaptedLayers(artifact));
  return format === "keras-v3" || LANGUAGES[artifact.dialect].holdsTraining
    ? wholeForm(root, wholeFormOf(artifact))
    : root;
}

function operationModule(className: string, config: JsonObject): string | null {
  const def = findLayer({ className, module: null, registeredName: null, trainable: config.has("trainable"), config });
  return def !== null && (def.kind === "operation" || isOfApplication(def)) ? (def.module ?? null) : null;
}
