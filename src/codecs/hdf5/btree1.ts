/**
 * Version 1 B-trees, which index the entries of old groups and the chunks of old datasets.
 * HDF5 File Format Specification III.A.1 "Disk Format: Level 1A1 - Version 1 B-trees".
 */
import { appendAll } from "./append.ts";
import { type Cursor, malformed } from "./cursor.ts";
import type { Walk } from "./file.ts";

export const NODE = { group: 0, chunks: 1 } as const;

const MAX_LEVEL = 32;

/** How the keys of a kind of node are stored and sorted. */
export interface KeyForm<K> {
  readonly node: (typeof NODE)[keyof typeof NODE];
  readonly size: number;
  read(cursor: Cursor): K;
  compare(a: K, b: K): number;
}

/** A child of the lowest nodes, between its two keys. */
export interface Leaf<K> {
  readonly low: K;
  readonly high: K;
  readonly address: number;
}

/** All leaves, left to right. The library searches by key, so keys that are not sorted are damage. */
export async function readBtree1<K>(walk: Walk, root: number, form: KeyForm<K>): Promise<Leaf<K>[]> {
  const { offset } = walk.file.widths;
  const headerSize = 8 + 2 * offset;
  const leaves: Leaf<K>[] = [];
  const pending: { address: number; level: number | undefined }[] = [{ address: root, level: undefined }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    walk.enter(next.address, "B-tree node");
    const head = await walk.read(next.address, headerSize);
    head.expect("TREE");
    if (head.u8() !== form.node) malformed("a B-tree node of another kind", head.origin + 4);
    const level = head.u8();
    if (level !== (next.level ?? level) || level > MAX_LEVEL) {
      malformed(`a B-tree node has level ${level}`, head.origin + 5);
    }
    const count = head.u16();
    if (count === 0) continue;
    const body = await walk.read(next.address + headerSize, count * (form.size + offset) + form.size);
    const children = readChildren(body, count, form);
    if (level === 0) appendAll(leaves, children);
    else for (const { address } of children.reverse()) pending.push({ address, level: level - 1 });
  }
  return leaves;
}

function readChildren<K>(body: Cursor, count: number, form: KeyForm<K>): Leaf<K>[] {
  const children: Leaf<K>[] = [];
  let low = form.read(body);
  for (let i = 0; i < count; i++) {
    const address = body.address();
    const position = body.position;
    const high = form.read(body);
    if (form.compare(low, high) >= 0) malformed("the keys of a B-tree node are not sorted", position);
    children.push({ low, high, address });
    low = high;
  }
  return children;
}
