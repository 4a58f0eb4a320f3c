/** Reads files of weights alone, by path or by layer name. See formats/weights-h5.ts for the layouts and their sources. */
import type { Hdf5Group } from "../codecs/hdf5.ts";
import { fail, failAll, type Problem } from "../core/error.ts";
import type { Source } from "../core/source.ts";
import type { Archive } from "../formats/archive.ts";
import { isFlat, MODEL_WEIGHTS } from "../formats/flat.ts";
import type { Generation } from "../formats/generation.ts";
import { isTree } from "../formats/tree.ts";
import type { WeightsH5Container } from "../formats/weights-h5.ts";
import { Claims } from "./claims.ts";
import { backendOfNames, flatGeneration } from "./flat-generation.ts";
import { type FlatWeights, readFlat, readOptimizer } from "./flat-weights.ts";
import type { FilePlace } from "./stored.ts";
import { readTree, type TreeWeights } from "./tree-weights.ts";

/** Throws `unsupported/format` when Keras did not write the file, and what the readers of the two layouts throw. */
export async function importWeightsH5(source: Source, root: Hdf5Group, warnings: Problem[]): Promise<Archive> {
  const place: FilePlace = { source: "weights-h5", file: source.name, prefix: "" };
  const claims = new Claims();
  const problems: Problem[] = [];
  const group = flatGroup(root);
  const content =
    group === null
      ? tree(root, claims, place, problems, warnings)
      : await flat(root, group, claims, place, problems, warnings);
  failAll(problems);
  claims.sweep(root);
  const container: WeightsH5Container = { root };
  return {
    format: "weights-h5",
    file: source.name,
    config: null,
    ...content,
    training: null,
    extras: claims.extras(),
    ledger: claims.ledger(source.size),
    warnings,
    container,
    close: async () => source.close?.(),
  };
}

/** The group with `layer_names`: the root, or `/model_weights` of a model that was saved without its config. */
function flatGroup(root: Hdf5Group): Hdf5Group | null {
  if (isFlat(root)) return root;
  const inner = root.children.get(MODEL_WEIGHTS);
  return inner?.kind === "group" && isFlat(inner) ? inner : null;
}

type Content = Generation & TreeWeights & FlatWeights & Pick<Archive, "naming">;

async function flat(
  root: Hdf5Group,
  group: Hdf5Group,
  claims: Claims,
  place: FilePlace,
  problems: Problem[],
  warnings: Problem[],
): Promise<Content> {
  const weights = readFlat(group, claims, place, problems);
  const optimizer = await readOptimizer(root, claims, place, warnings);
  // Keras 2 and 3 always write a version; a file without any is older.
  const backend = backendOfNames(weights.weights);
  const keras1: Generation = {
    dialect: "keras1",
    semantics: "keras1",
    writer: { library: "keras", version: null, backend },
  };
  const generation = flatGeneration(root, group, weights, claims) ?? keras1;
  return { ...generation, ...weights, optimizer, naming: "flat", groupNames: new Map() };
}

function tree(root: Hdf5Group, claims: Claims, place: FilePlace, problems: Problem[], warnings: Problem[]): Content {
  if (!isTree(root)) {
    fail("unsupported/format", {
      file: place.file,
      message: "an HDF5 file that Keras did not write",
      expected: "model_config, layer_names or groups named vars",
      found: [...root.children.keys()].slice(0, 8).join(", ") || "an empty file",
    });
  }
  // Nothing in the file tells who wrote it: only Keras 3 and late tf.keras have this layout, which marks no bfloat16.
  const writer = { library: "unknown", version: null, backend: null } as const;
  const weights = readTree(root, claims, place, problems, warnings, false);
  return { dialect: "keras3", semantics: "keras3", writer, ...weights, naming: "tree", layerNames: [] };
}
