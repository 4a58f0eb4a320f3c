/** Writes weights by path, as keras/src/saving/saving_lib.py (`_save_state`, `H5IOStore`) does. */
import type { Artifact, OptimizerWeight, OutWeight } from "../formats/archive.ts";
import { DTYPE_ATTRIBUTE } from "../formats/h5-values.ts";
import { NAME_ATTRIBUTE, OPTIMIZER, varsPath } from "../formats/tree.ts";
import { addDataset, dataset, type GroupDraft, groupAt, newGroup, textAttribute } from "./h5-build.ts";

/** The whole tree: owners in order, then the optimizer where its state is kept. */
export function treeRoot({ tree, origin }: Artifact, optimizer: readonly OptimizerWeight[]): GroupDraft {
  const root = newGroup();
  for (const { path, name, weights } of tree) {
    // Without a name Keras defers the group until there is a variable.
    if (name === null && weights.length === 0) continue;
    addOwner(root, path, name, weights);
  }
  if (optimizer.length > 0) addOwner(root, OPTIMIZER, origin?.groupNames.get(OPTIMIZER) ?? null, optimizer);
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
    const attributes = new Map();
    if (variable.dtype === "bfloat16") attributes.set(DTYPE_ATTRIBUTE, textAttribute("bfloat16", "utf-8"));
    addDataset(vars, String(index), dataset(variable, attributes));
  }
}
