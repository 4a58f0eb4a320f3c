/**
 * By the path of attributes and the weight's own name: `layers/lstm/cell/kernel`, as we write safetensors and `.npz`. Read
 * as the tree, whose numbers the names stand for; what has no names keeps its numbers, `layers/mine/vars/0`.
 */
import { varsPath } from "../../formats/tree.ts";
import { treeNaming, writeNamed } from "./tree.ts";
import type { WeightNaming } from "./types.ts";

export const pathsNaming: WeightNaming = {
  read: treeNaming.read,
  write: (model) =>
    writeNamed(model).map(({ path, name, weights }) => ({
      path,
      name,
      weights: weights.map((weight) => {
        const own = weight.variable.slice(weight.variable.lastIndexOf("/") + 1);
        const owner = /^[0-9]+$/.test(own) ? varsPath(path) : path;
        return { ...weight, name: owner === "" ? own : `${owner}/${own}` };
      }),
    })),
};
