/** Writes weights by layer and name, as `save_weights_to_hdf5_group` does in the artifact's generation of Keras. */
import type { Artifact, NamedOutWeight, OutOptimizerWeight } from "../formats/archive.ts";
import {
  BACKEND,
  KERAS_VERSION,
  LAYER_NAMES,
  OPTIMIZER_WEIGHTS,
  TOP_LEVEL_WEIGHTS,
  WEIGHT_NAMES,
} from "../formats/flat.ts";
import { EDITIONS, LANGUAGES } from "../formats/languages.ts";
import { optimizerName } from "../formats/training.ts";
import { addDataset, addList, dataset, type GroupDraft, groupAt, textAttribute } from "./h5-build.ts";
import { writtenBy } from "./written-by.ts";

/** The content of `/model_weights`, or of a file of weights alone. */
export function addFlat(group: GroupDraft, artifact: Artifact): void {
  const { dialect, semantics } = artifact;
  const all = artifact.groups("flat");
  const layers = all.filter(({ path }) => path !== TOP_LEVEL_WEIGHTS);
  addList(
    group,
    LAYER_NAMES,
    layers.map(({ path }) => path),
  );
  if (LANGUAGES[dialect].hasBackend) {
    const { version, backend } = writtenBy(artifact);
    group.attributes.set(BACKEND, textAttribute(backend, "ascii"));
    group.attributes.set(KERAS_VERSION, textAttribute(version, "ascii"));
  }
  for (const { path, weights } of layers) addWeights(groupAt(group, path), weights);
  const top = all.find(({ path }) => path === TOP_LEVEL_WEIGHTS);
  if (top !== undefined || EDITIONS[semantics].hasTopWeights)
    addWeights(groupAt(group, TOP_LEVEL_WEIGHTS), top?.weights ?? []);
}

/** `/optimizer_weights`; names of another layout's arrays, and those of which there are two (Keras's of
 * Adafactor), are made up, since only their order counts. */
export function addOptimizer(root: GroupDraft, artifact: Artifact, optimizer: readonly OutOptimizerWeight[]): void {
  if (optimizer.length === 0) return;
  const own = optimizerName(artifact.training) ?? "optimizer";
  const prefix = /^[\w-]+$/.test(own) ? own : "optimizer";
  const first = LANGUAGES[artifact.dialect].optimizerHead;
  const names = new Set(optimizer.map(({ name }) => name));
  const keep = names.size === optimizer.length && optimizer.every(({ group }) => group === OPTIMIZER_WEIGHTS);
  const named = optimizer.map((weight, index) => ({
    ...weight,
    name: keep ? weight.name : `${prefix}/${first[index] ?? `variable_${index}`}`,
  }));
  addWeights(groupAt(root, OPTIMIZER_WEIGHTS), named);
}

function addWeights(group: GroupDraft, weights: readonly (NamedOutWeight | OutOptimizerWeight)[]): void {
  addList(
    group,
    WEIGHT_NAMES,
    weights.map(({ name }) => name),
  );
  for (const weight of weights) addDataset(group, weight.name, dataset(weight));
}
