/**
 * Writes weights alone: by path where Keras 3 and late tf.keras read them so, which the file's name tells them; by layer
 * otherwise. See formats/weights-h5.ts.
 */
import { planHdf5, toWritable } from "../codecs/hdf5.ts";
import type { Artifact, Exported } from "../formats/archive.ts";
import { LANGUAGES } from "../formats/languages.ts";
import { EXTENSIONS, type WeightsH5Container } from "../formats/weights-h5.ts";
import { addFlat } from "./flat-groups.ts";
import { newGroup } from "./h5-build.ts";
import { keptOptimizer, sameFormat } from "./origin.ts";
import { exported, exportedWhole } from "./report.ts";
import { treeRoot } from "./tree-groups.ts";
import { isTree } from "./written-by.ts";

/** Throws what laying out the HDF5 file throws. */
export async function exportWeightsH5(artifact: Artifact, target = `model${EXTENSIONS[0]}`): Promise<Exported> {
  const asTree = isTree(artifact, target);
  const original = sameFormat(artifact, "weights-h5", target);
  if (original !== null) {
    const { root } = original.container as WeightsH5Container;
    return exportedWhole(original, planHdf5(await toWritable(root)).chunks);
  }
  const optimizer = asTree && LANGUAGES[artifact.dialect].hasOwnerNames ? keptOptimizer(artifact, true) : [];
  const root = asTree ? treeRoot(artifact, optimizer) : newGroup();
  if (!asTree) addFlat(root, artifact);
  const carried = {
    config: false,
    weights: true,
    optimizer: optimizer.length > 0,
    training: false,
    extras: new Set<string>(),
  };
  return exported(artifact, carried, planHdf5(root).chunks);
}
