/**
 * Version 2 B-trees, which index dense links, dense attributes, large heap objects and chunks.
 * HDF5 File Format Specification III.A.2 "Disk Format: Level 1A2 - Version 2 B-trees".
 */
import { appendAll } from "./append.ts";
import { checkBlock } from "./checksum.ts";
import { type Cursor, malformed } from "./cursor.ts";
import type { Walk } from "./file.ts";
import { bytesForCount } from "./integers.ts";

export const RECORD = { hugeObject: 1, linkName: 5, attributeName: 8, chunk: 10, filteredChunk: 11 } as const;

/** Signature, version and type before the records, checksum after them. */
const NODE_OVERHEAD = 10;
const MAX_DEPTH = 32;

interface Tree {
  readonly recordSize: number;
  /** Bytes of a child pointer's "number of records", and by level of its "total number of records". */
  readonly countBytes: number;
  readonly totalBytes: readonly number[];
}

interface NodePointer {
  readonly address: number;
  readonly count: number;
  readonly level: number;
}

/** Every record of the tree at `address`, each as a cursor over its bytes, in no particular order. They count as `what`. */
export async function readBtree2(
  walk: Walk,
  address: number,
  what: Parameters<Walk["count"]>[0],
  ...types: readonly number[]
): Promise<Cursor[]> {
  walk.enter(address, "B-tree header");
  const { offset, length } = walk.file.widths;
  const head = await walk.read(address, 22 + offset + length);
  head.expect("BTHD");
  checkBlock(head.bytes, "B-tree header", head.origin);
  head.version("B-tree header", 0);
  const type = head.u8();
  if (!types.includes(type)) malformed(`a B-tree of records of type ${type}`, head.origin + 5);
  const nodeSize = head.u32();
  const recordSize = head.u16();
  const depth = head.u16();
  head.skip(2); // split and merge percentages
  const root = head.optionalAddress();
  const count = head.u16();
  if (root === null || count === 0) return [];
  if (recordSize === 0 || depth > MAX_DEPTH)
    malformed(`a B-tree of depth ${depth}, records of ${recordSize} bytes`, head.origin);
  const tree = measure(nodeSize, recordSize, depth, offset);

  const records: Cursor[] = [];
  const pending: NodePointer[] = [{ address: root, count, level: depth }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    walk.count(what, next.count);
    appendAll(pending, await readNode(walk, tree, next, type, records));
  }
  return records;
}

/** Widths of the counts in child pointers follow from how many records fit below. */
function measure(nodeSize: number, recordSize: number, depth: number, offsetSize: number): Tree {
  const inLeaf = Math.floor((nodeSize - NODE_OVERHEAD) / recordSize);
  if (inLeaf < 1) malformed("a B-tree whose nodes hold no records");
  const countBytes = bytesForCount(inLeaf);
  const totalBytes = [0];
  let total = inLeaf;
  for (let level = 1; level < depth; level++) {
    const pointer = offsetSize + countBytes + totalBytes[level - 1]!;
    const inNode = Math.floor((nodeSize - NODE_OVERHEAD - pointer) / (recordSize + pointer));
    total = (inNode + 1) * total + inNode;
    if (inNode < 1 || total >= 2 ** 64) malformed("a B-tree of impossible size");
    totalBytes.push(bytesForCount(total));
  }
  return { recordSize, countBytes, totalBytes };
}

/** Adds the node's records; gives its children. */
async function readNode(
  walk: Walk,
  tree: Tree,
  node: NodePointer,
  type: number,
  records: Cursor[],
): Promise<NodePointer[]> {
  const { address, count, level } = node;
  walk.enter(address, "B-tree node");
  const totalBytes = level > 0 ? tree.totalBytes[level - 1]! : 0;
  const pointerSize = level > 0 ? walk.file.widths.offset + tree.countBytes + totalBytes : 0;
  const block = await walk.read(
    address,
    NODE_OVERHEAD + count * tree.recordSize + (level > 0 ? (count + 1) * pointerSize : 0),
  );
  block.expect(level > 0 ? "BTIN" : "BTLF");
  checkBlock(block.bytes, "B-tree node", block.origin);
  block.version("B-tree node", 0);
  if (block.u8() !== type) malformed("a B-tree node of another type than its tree", block.origin + 5);
  for (let i = 0; i < count; i++) records.push(block.part(tree.recordSize));
  if (level === 0) return [];
  return Array.from({ length: count + 1 }, () => {
    const child = { address: block.address(), count: block.uint(tree.countBytes), level: level - 1 };
    block.skip(totalBytes);
    return child;
  });
}
