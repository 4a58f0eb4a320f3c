/**
 * The older index of chunks.
 * HDF5 File Format Specification III.A.1 "Disk Format: Level 1A1 - Version 1 B-trees", node type 1.
 */
import { type KeyForm, NODE, readBtree1 } from "./btree1.ts";
import type { StoredChunk } from "./types.ts";
import { malformed } from "./cursor.ts";
import type { Walk } from "./file.ts";

interface ChunkKey extends Omit<StoredChunk, "address"> {
  /** An offset inside a value: 0, but 1 in the key after the last chunk. */
  readonly inside: number;
}

/** The chunks below a version 1 B-tree's root; `chunk` has the lengths of a chunk along each axis. */
export async function readChunkTree(walk: Walk, root: number, chunk: readonly number[]): Promise<StoredChunk[]> {
  const form: KeyForm<ChunkKey> = {
    node: NODE.chunks,
    size: 8 + 8 * (chunk.length + 1),
    read(cursor) {
      const size = cursor.u32();
      const mask = cursor.u32();
      const at = chunk.map((length) => cursor.uint(8) / length);
      return { at, size, mask, inside: cursor.uint(8) };
    },
    compare(a, b) {
      const axis = a.at.findIndex((place, i) => place !== b.at[i]);
      return axis < 0 ? a.inside - b.inside : a.at[axis]! - b.at[axis]!;
    },
  };
  const leaves = await readBtree1(walk, root, form);
  walk.count("chunks", leaves.length);
  return leaves.map(({ low: { at, size, mask, inside }, address }) => {
    if (inside !== 0 || !at.every(Number.isInteger)) {
      malformed("a chunk does not begin at a multiple of its size", walk.file.base + address);
    }
    return { at, size, mask, address };
  });
}
