/** Reads weights named by path (`layers/dense/vars/0`) out of an HDF5 tree. */
import type { Hdf5Group } from "../codecs/hdf5.ts";
import { fail, FormatError, type Problem } from "../core/error.ts";
import type { StoredWeight } from "../core/stored.ts";
import { DTYPE_ATTRIBUTE, textOf } from "../formats/h5-values.ts";
import { inNumericOrder, LAYERS, NAME_ATTRIBUTE, OPTIMIZER, STATE_GROUPS, VARS } from "../formats/tree.ts";
import { leftAside } from "./aside.ts";
import type { Claims } from "./claims.ts";
import { type FilePlace, storedWeight } from "./stored.ts";

/** The arrays of a tree, the optimizer's apart. */
export interface TreeWeights {
  readonly weights: readonly StoredWeight[];
  readonly optimizer: readonly StoredWeight[];
  /** The `name` attribute of each `vars` group, by owner. */
  readonly groupNames: ReadonlyMap<string, string>;
}

/** tf.keras on Windows joins names with backslashes, which no name of an attribute or class has. */
const ownerPath = (path: string): string => path.replaceAll("\\", "/");

/** In the order of the file's groups, an owner before what lies below it; `marked`: whether its Keras marks bfloat16. Adds problems for what no weight can be. */
export function readTree(
  root: Hdf5Group,
  claims: Claims,
  place: FilePlace,
  problems: Problem[],
  warnings: Problem[],
  marked: boolean,
): TreeWeights {
  const optimizerProblems: Problem[] = [];
  const weights: StoredWeight[] = [];
  const optimizer: StoredWeight[] = [];
  const groupNames = new Map<string, string>();
  const owners = new Set<string>();
  const open: Hdf5Group[] = [root];
  for (let group = open.pop(); group !== undefined; group = open.pop()) {
    const owner = ownerPath(group.path);
    const top = owner.split("/", 1)[0]!;
    const state = STATE_GROUPS.get(top);
    if (state !== undefined && !group.path.includes("/")) claims.tree(group.path, state);
    const isOptimizer = top === OPTIMIZER;
    const vars = group.children.get(VARS);
    if (vars?.kind === "group" && (state === undefined || isOptimizer)) {
      if (owners.has(owner))
        fail("malformed/duplicate-name", { source: place.source, file: place.file, path: place.prefix + owner });
      owners.add(owner);
      const name = textOf(vars.attributes.get(NAME_ATTRIBUTE));
      if (name !== null) groupNames.set(owner, name);
      if (state === undefined) {
        claims.object(vars.path, "used");
        if (name !== null) claims.attribute(vars.path, NAME_ATTRIBUTE, "used");
      }
      for (const [variable, dataset] of inNumericOrder(vars.children)) {
        if (dataset.kind !== "dataset") continue;
        const names = { key: dataset.path, group: owner, name: variable };
        const weight = storedWeight(dataset, names, place, isOptimizer ? optimizerProblems : problems, marked);
        if (weight === null) continue;
        (isOptimizer ? optimizer : weights).push(weight);
        if (isOptimizer) continue;
        claims.object(dataset.path, "used");
        if (dataset.attributes.has(DTYPE_ATTRIBUTE)) claims.attribute(dataset.path, DTYPE_ATTRIBUTE, "used");
      }
    }
    // A model inside of another may be compiled, too, as the discriminator is in a GAN.
    const isInner = owner !== "" && group.children.get(LAYERS)?.kind === "group";
    for (const [name, child] of [...group.children].reverse()) {
      if (child.kind !== "group" || (name === VARS && child === vars)) continue;
      if (isInner && STATE_GROUPS.has(name)) claims.tree(child.path, "training");
      else open.push(child);
    }
  }
  if (optimizerProblems.length > 0) warnings.push(...leftAside(new FormatError(optimizerProblems)));
  return { weights, optimizer: optimizerProblems.length > 0 ? [] : optimizer, groupNames };
}
