/** What an exporter may take over from the file that a model came from. */
import type { JsonObject } from "../codecs/json.ts";
import type { Archive, Artifact, FormatId, OutOptimizerWeight } from "../formats/archive.ts";
import { asFloat32 } from "../formats/float32.ts";
import { LANGUAGES } from "../formats/languages.ts";
import { isCompiled } from "../formats/training.ts";
import { isTree } from "./written-by.ts";

/**
 * The archive to write back object by object: of the same format, of an untouched model in its own dialect; or null. Weights
 * alone are laid out as the name of their file asks.
 */
export function sameFormat(artifact: Artifact, format: FormatId, target?: string): Archive | null {
  const { origin, untouched } = artifact;
  if (origin === null || !untouched || !sameGeneration(artifact)) return null;
  return (
    [origin, ...(origin.parts ?? [])].find(
      (archive) =>
        archive.format === format &&
        isWhole(archive, origin) &&
        (format !== "weights-h5" || target === undefined || (archive.naming !== "flat") === isTree(artifact, target)),
    ) ?? null
  );
}

/** A part stands for what was loaded only where it gave all that its format holds; shards are no single file. */
function isWhole(part: Archive, origin: Archive): boolean {
  if (part.container === null || part.warnings.length > 0) return false;
  if (part === origin) return origin.parts === undefined;
  return part.format === "keras-json"
    ? part.config === origin.config
    : part.weights === origin.weights && part.config === null;
}

/** The optimizer's state, which only a file of the same generation understands; `isMarked`: whether bfloat16 is marked there. */
export function keptOptimizer(artifact: Artifact, isMarked: boolean): readonly OutOptimizerWeight[] {
  if (!keepsTraining(artifact)) return [];
  return artifact.optimizer.map((one) => (one.dtype === "bfloat16" && !isMarked ? asFloat32(one) : one));
}

/** How the model was compiled, under the same condition; null when it was not. */
export function keptTraining(artifact: Artifact): JsonObject | null {
  return keepsTraining(artifact) && isCompiled(artifact.training) ? artifact.training : null;
}

/** Training done here is told as Keras 3 does, in a model's config, whatever the model's own generation. */
function keepsTraining(artifact: Artifact): boolean {
  return artifact.isTrained ? LANGUAGES[artifact.dialect].holdsTraining : sameGeneration(artifact);
}

function sameGeneration({ origin, dialect, semantics }: Artifact): boolean {
  return origin === null || (origin.dialect === dialect && origin.semantics === semantics);
}
