/** Writes weights by path, as keras/src/saving/saving_lib.py (`_save_state`, `H5IOStore`) does. */
import type { WriteAttribute } from "../codecs/hdf5.ts";
import type { Artifact, OptimizerWeight, OutWeight } from "../formats/archive.ts";
import { DTYPE_ATTRIBUTE } from "../formats/h5-values.ts";
import { NAME_ATTRIBUTE, OPTIMIZER, VARS, varsPath } from "../formats/tree.ts";
import { optimizerName } from "../formats/training.ts";
import { addDataset, dataset, type GroupDraft, groupAt, newGroup, textAttribute } from "./h5-build.ts";

/** The whole tree: owners in order, then the optimizer where its state is kept. tf.keras names no owners. */
export function treeRoot(artifact: Artifact, optimizer: readonly OptimizerWeight[]): GroupDraft {
  const { tree, dialect, origin, training } = artifact;
  const root = newGroup();
  const hasNames = dialect === "keras3";
  // tf.keras reads the model's own variables whether there are any or not.
  if (!hasNames) groupAt(root, VARS);
  for (const { path, name, weights } of tree) {
    // Keras 3 makes the group of an owner without name only for a variable; tf.keras always.
    if (hasNames && name === null && weights.length === 0) continue;
    addOwner(root, path, hasNames ? name : null, weights);
  }
  if (optimizer.length === 0) return root;
  const name = hasNames ? (origin?.groupNames.get(OPTIMIZER) ?? optimizerName(training)) : null;
  addOwner(root, OPTIMIZER, name, optimizer);
  return root;
}

function addOwner(
  root: GroupDraft,
  path: string,
  name: string | null,
  variables: readonly (OutWeight | OptimizerWeight)[],
): void {
  const vars = groupAt(root, varsPath(path));
  if (name !== null) vars.attributes.set(NAME_ATTRIBUTE, textAttribute(name, "utf-8"));
  for (const [index, variable] of variables.entries()) {
    const attributes = new Map<string, WriteAttribute>();
    if (variable.dtype === "bfloat16") attributes.set(DTYPE_ATTRIBUTE, textAttribute("bfloat16", "utf-8"));
    addDataset(vars, storedName(path, variable) ?? String(index), dataset(variable, attributes));
  }
}

/** Layers with a `save_own_variables` of their own may have given names in place of numbers. */
function storedName(path: string, variable: OutWeight | OptimizerWeight): string | null {
  const stored = "stored" in variable ? variable.stored : undefined;
  return stored?.group === path && !/^[0-9]+$/.test(stored.name) ? stored.name : null;
}
