/** Writes weights alone: by path for Keras 3 and late tf.keras, by layer for older generations. See formats/weights-h5.ts. */
import { planHdf5, toWritable } from "../codecs/hdf5.ts";
import type { Artifact, Exported } from "../formats/archive.ts";
import { LANGUAGES } from "../formats/languages.ts";
import type { WeightsH5Container } from "../formats/weights-h5.ts";
import { addFlat } from "./flat-groups.ts";
import { newGroup } from "./h5-build.ts";
import { keptOptimizer, sameFormat } from "./origin.ts";
import { exported, exportedWhole } from "./report.ts";
import { treeRoot } from "./tree-groups.ts";
import { isLateKeras2 } from "./written-by.ts";

/** Throws what laying out the HDF5 file throws. */
export async function exportWeightsH5(artifact: Artifact): Promise<Exported> {
  const original = sameFormat(artifact, "weights-h5");
  if (original !== null) {
    const { root } = original.container as WeightsH5Container;
    return exportedWhole(original, planHdf5(await toWritable(root)).chunks);
  }
  // Weights without an architecture stay laid out as they are.
  const isFlat = artifact.origin?.format === "weights-h5" && artifact.origin.naming === "flat";
  const { hasOwnerNames } = LANGUAGES[artifact.dialect];
  const isTree = hasOwnerNames || (isLateKeras2(artifact) && !isFlat);
  const optimizer = hasOwnerNames ? keptOptimizer(artifact) : [];
  const root = isTree ? treeRoot(artifact, optimizer) : newGroup();
  if (!isTree) addFlat(root, artifact);
  const carried = {
    config: false,
    weights: true,
    optimizer: optimizer.length > 0,
    training: false,
    extras: new Set<string>(),
  };
  return exported(artifact, carried, planHdf5(root).chunks);
}
