import type { JsonObject } from "../codecs/json.ts";
import type { Artifact } from "../formats/archive.ts";
import { EDITIONS, LANGUAGES } from "../formats/languages.ts";
import type { WholeForm } from "../formats/keras3-config.ts";
import { findLayer, isOfApplication } from "../layers/registry.ts";

/** What a file says of its writer: the original's, as long as the model still speaks that generation's language. */
export function writtenBy({ origin, dialect, semantics }: Artifact): { version: string; backend: string } {
  const same = origin !== null && origin.dialect === dialect && origin.semantics === semantics;
  const writer = same && origin.writer.library !== "tfjs-layers" ? origin.writer : null;
  return { version: writer?.version ?? EDITIONS[semantics].version, backend: writer?.backend ?? "tensorflow" };
}

/** Whether the writer is a Keras 2 of 2.12 or later, whose `.weights.h5` follow the objects' attributes as `.keras` does. */
export function isLateKeras2(artifact: Artifact): boolean {
  const [, major, minor] = /^([0-9]+)\.([0-9]+)/.exec(writtenBy(artifact).version) ?? [];
  return major === "2" && Number(minor) >= 12;
}

/** What tells whole objects of this artifact's generation from bare ones. From 2.16 on, tf.keras is a package of its own. */
export function wholeFormOf(artifact: Artifact): WholeForm {
  if (LANGUAGES[artifact.dialect].hasOperations) return { operation: operationModule };
  const [, major, minor] = /^([0-9]+)\.([0-9]+)/.exec(writtenBy(artifact).version) ?? [];
  const own = major === "2" && Number(minor) < 16 ? "keras" : "tf_keras";
  // Keras 2 has no operations, but layers of applications.
  const operation = (className: string, config: JsonObject): string | null =>
    operationModule(className, config)?.replace(/^keras\b/, own) ?? null;
  return { functional: `${own}.src.engine.functional`, operation };
}

function operationModule(className: string, config: JsonObject): string | null {
  const def = findLayer({ className, module: null, registeredName: null, trainable: config.has("trainable"), config });
  return def !== null && (def.kind === "operation" || isOfApplication(def)) ? (def.module ?? null) : null;
}
