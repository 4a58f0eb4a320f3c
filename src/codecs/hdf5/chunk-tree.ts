/**
 * The older index of chunks.
 * HDF5 File Format Specification III.A.1 "Disk Format: Level 1A1 - Version 1 B-trees", node type 1.
 */
import { malformed } from "./cursor.ts";
import type { Walk } from "./file.ts";
import type { StoredChunk } from "./chunk-index.ts";

const CHUNK_NODE = 1;
const MAX_LEVEL = 32;

export async function readChunkTree(walk: Walk, root: number, chunk: readonly number[]): Promise<StoredChunk[]> {
  const { offset } = walk.file.widths;
  const headerSize = 8 + 2 * offset;
  const keySize = 8 + 8 * (chunk.length + 1);
  const chunks: StoredChunk[] = [];
  const pending: { address: number; level: number | undefined }[] = [{ address: root, level: undefined }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    walk.enter(next.address, "B-tree node");
    const head = await walk.read(next.address, headerSize);
    head.expect("TREE");
    if (head.u8() !== CHUNK_NODE) malformed("a B-tree node of another kind among chunks", head.origin + 4);
    const level = head.u8();
    if (level !== (next.level ?? level) || level > MAX_LEVEL)
      malformed(`a B-tree node has level ${level}`, head.origin + 5);
    const count = head.u16();
    if (level === 0) walk.count("chunks", count);
    const body = await walk.read(next.address + headerSize, count * (keySize + offset));
    for (let i = 0; i < count; i++) {
      const position = body.position;
      const size = body.u32();
      const mask = body.u32();
      const at = chunk.map((length) => body.uint(8) / length);
      body.skip(8); // offset inside a value: 0
      const address = body.address();
      if (level > 0) pending.push({ address, level: level - 1 });
      else if (at.every(Number.isInteger)) chunks.push({ at, address, size, mask });
      else malformed("a chunk does not begin at a multiple of its size", position);
    }
  }
  return chunks;
}
