import { fail } from "../../../core/error.ts";
import type { WriteDataset, WriteGroup } from "./types.ts";

/** Deeper nesting is refused, as by the reader. */
const MAX_DEPTH = 512;

/** An object to be written, with its place in the tree. */
export interface Item {
  readonly name: string;
  readonly path: string;
  /** Index of the group that holds it; the root's is -1. */
  readonly parent: number;
  readonly depth: number;
  readonly node: WriteGroup | WriteDataset;
}

/** All objects, every group before its members. */
export function flatten(root: WriteGroup): Item[] {
  const items: Item[] = [{ name: "", path: "", parent: -1, depth: 0, node: root }];
  for (let parent = 0; parent < items.length; parent++) {
    const { node, path, depth } = items[parent]!;
    if (node.kind === "dataset") continue;
    if (depth >= MAX_DEPTH)
      fail("limit/depth", {
        source: "hdf5",
        path,
        message: "groups are nested too deep",
        expected: `at most ${MAX_DEPTH} levels`,
      });
    for (const [name, child] of node.children) {
      items.push({ name, path: path === "" ? name : `${path}/${name}`, parent, depth: depth + 1, node: child });
    }
  }
  return items;
}
