/** Writes legacy full-model `.h5` files in the artifact's generation. See formats/keras-h5.ts for the layout and its sources. */
import { planHdf5, toWritable } from "../codecs/hdf5.ts";
import { type JsonNode, type JsonObject, printJson } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import type { Artifact, Exported } from "../formats/archive.ts";
import { BACKEND, KERAS_VERSION, MODEL_CONFIG, MODEL_WEIGHTS, TRAINING_CONFIG } from "../formats/flat.ts";
import type { KerasH5Container } from "../formats/keras-h5.ts";
import { EDITIONS, LANGUAGES } from "../formats/languages.ts";
import { legacyForm } from "../formats/keras3-config.ts";
import { trainingConfig } from "../formats/training.ts";
import { addFlat, addOptimizer } from "./flat-groups.ts";
import { groupAt, newGroup, textAttribute } from "./h5-build.ts";
import { keptOptimizer, keptTraining, sameFormat } from "./origin.ts";
import { exported, exportedWhole } from "./report.ts";
import { adaptedLayers, writtenBy } from "./written-by.ts";

/** Throws `mismatch/name` for names that clash as HDF5 paths, `limit/*` for what an HDF5 attribute cannot hold. */
export async function exportKerasH5(artifact: Artifact): Promise<Exported> {
  const original = sameFormat(artifact, "keras-h5");
  if (original !== null) {
    const { root } = original.container as KerasH5Container;
    return exportedWhole(original, planHdf5(await toWritable(root)).chunks);
  }
  const optimizer = keptOptimizer(artifact, false);
  const training = keptTraining(artifact);
  const { version, backend } = writtenBy(artifact);
  const { charset } = EDITIONS[artifact.semantics];
  const root = newGroup();
  root.attributes.set(KERAS_VERSION, textAttribute(version, charset));
  if (LANGUAGES[artifact.dialect].hasBackend) root.attributes.set(BACKEND, textAttribute(backend, charset));
  const changes = new Set<string>();
  root.attributes.set(MODEL_CONFIG, textAttribute(printJson(modelConfig(artifact, changes)), "ascii"));
  const compiled = training === null ? null : trainingConfig(training, artifact.dialect);
  if (compiled !== null) root.attributes.set(TRAINING_CONFIG, textAttribute(printJson(compiled), "ascii"));
  addFlat(groupAt(root, MODEL_WEIGHTS), artifact);
  addOptimizer(root, artifact, optimizer);
  const carried = {
    config: true,
    weights: true,
    optimizer: optimizer.length > 0,
    training: compiled !== null,
    extras: new Set<string>(),
    changes,
  };
  return exported(artifact, carried, planHdf5(root).chunks);
}

/** `{class_name, config}`, whatever else stands beside them. */
function modelConfig(artifact: Artifact, changes: Set<string>): JsonObject {
  const { root } = artifact.config;
  if (!(root instanceof Map))
    fail("unsupported/no-architecture", { source: "keras-h5", expected: "an object with class_name" });
  const form = legacyForm(root, artifact.dialect, changes, adaptedLayers(artifact));
  return new Map<string, JsonNode>([
    ["class_name", form.get("class_name") ?? null],
    ["config", form.get("config") ?? null],
  ]);
}
