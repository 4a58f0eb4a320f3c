/**
 * Weights named by the path of attributes that leads to their owner, as `.keras` and Keras 3's `.weights.h5` hold them:
 * `<path>/vars/<i>`. Source: keras/src/saving/saving_lib.py (`H5IOStore`, `_save_state`), tf_keras/saving/saving_lib.py.
 */
import type { Hdf5Group } from "../codecs/hdf5.ts";
import type { ExtraKind } from "./archive.ts";

/** The group that holds an owner's variables. */
export const VARS = "vars";

/** The group of a model that holds those of its layers. */
export const LAYERS = "layers";
/** Attribute of a `vars` group since Keras 3.6: the owner's own name. */
export const NAME_ATTRIBUTE = "name";
export const OPTIMIZER = "optimizer";

/** Top-level groups that are neither layers nor variables of the model, by the attribute of the model they come from. */
export const STATE_GROUPS: ReadonlyMap<string, ExtraKind> = new Map<string, ExtraKind>([
  [OPTIMIZER, "optimizer"],
  ["metrics", "training"],
  ["_metrics", "training"],
  ["compiled_metrics", "training"],
  ["_compile_metrics", "training"],
  ["compiled_loss", "training"],
  ["_compile_loss", "training"],
  ["loss_tracker", "training"],
  ["_loss_tracker", "training"],
]);

/** The path of an owner's variables; the model itself has the path "". */
export function varsPath(owner: string): string {
  return owner === "" ? VARS : `${owner}/${VARS}`;
}

/** Variables are numbered, but groups list `10` before `2`; names that are no numbers follow as listed. */
export function inNumericOrder<T>(children: ReadonlyMap<string, T>): [string, T][] {
  const rank = ([name]: [string, T]): number => (/^(0|[1-9][0-9]{0,8})$/.test(name) ? Number(name) : Infinity);
  return [...children].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    return left === right ? 0 : left - right;
  });
}

/** Whether an HDF5 file's root looks like this layout. */
export function isTree(root: Hdf5Group): boolean {
  if (["layers", "_layer_checkpoint_dependencies"].some((name) => root.children.get(name)?.kind === "group"))
    return true;
  const open: Hdf5Group[] = [root];
  for (let group = open.pop(); group !== undefined; group = open.pop()) {
    for (const [name, child] of group.children) {
      if (child.kind !== "group") continue;
      if (name === VARS) return true;
      open.push(child);
    }
  }
  return false;
}
