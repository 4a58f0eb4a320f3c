/** Writes weights by path, as keras/src/saving/saving_lib.py (`_save_state`, `H5IOStore`) does. */
import type { WriteAttribute } from "../codecs/hdf5.ts";
import type { Artifact, NamedOutWeight, OutOptimizerWeight } from "../formats/archive.ts";
import { DTYPE_ATTRIBUTE } from "../formats/h5-values.ts";
import { LANGUAGES } from "../formats/languages.ts";
import { NAME_ATTRIBUTE, OPTIMIZER, VARS, varsPath } from "../formats/tree.ts";
import { optimizerName } from "../formats/training.ts";
import { addDataset, dataset, type GroupDraft, groupAt, newGroup, textAttribute } from "./h5-build.ts";

/** The whole tree: owners in order, then the optimizer where its state is kept. tf.keras names no owners. */
export function treeRoot(artifact: Artifact, optimizer: readonly OutOptimizerWeight[]): GroupDraft {
  const { dialect, origin, training, isTrained } = artifact;
  const root = newGroup();
  const hasNames = LANGUAGES[dialect].hasOwnerNames;
  // tf.keras reads the model's own variables whether there are any or not.
  if (!hasNames) groupAt(root, VARS);
  for (const { path, name, weights } of artifact.groups("tree")) {
    // Keras 3 makes the group of an owner without name only for a variable; tf.keras always.
    if (hasNames && name === null && weights.length === 0) continue;
    addOwner(root, path, hasNames ? name : null, weights);
  }
  for (const path of metricPaths(artifact)) addOwner(root, path, null, METRIC);
  if (optimizer.length === 0) return root;
  const name = hasNames ? ((isTrained ? null : origin?.groupNames.get(OPTIMIZER)) ?? optimizerName(training)) : null;
  addOwner(
    root,
    OPTIMIZER,
    name,
    optimizer.map((weight, i) => ({ ...weight, name: String(i) })),
  );
  return root;
}

/** The paths of the metrics that layers add; a compiled model has one for its loss before them. */
const metricPaths = ({ addedMetrics: count }: Artifact): readonly string[] =>
  Array.from({ length: count === 0 ? 0 : count + 1 }, (_, i) => `metrics/mean${i === 0 ? "" : `_${i}`}`);

/** A sum and a count before the first sample. */
const METRIC: readonly NamedOutWeight[] = ["0", "1"].map((name) => ({
  name,
  variable: name,
  dtype: "float32",
  shape: [],
  async *slices() {
    yield new Uint8Array(4);
  },
}));

function addOwner(
  root: GroupDraft,
  path: string,
  name: string | null,
  variables: readonly (NamedOutWeight | OutOptimizerWeight)[],
): void {
  const vars = groupAt(root, varsPath(path));
  if (name !== null) vars.attributes.set(NAME_ATTRIBUTE, textAttribute(name, "utf-8"));
  for (const variable of variables) {
    const attributes = new Map<string, WriteAttribute>();
    if (variable.dtype === "bfloat16") attributes.set(DTYPE_ATTRIBUTE, textAttribute("bfloat16", "utf-8"));
    addDataset(vars, variable.name, dataset(variable, attributes));
  }
}
