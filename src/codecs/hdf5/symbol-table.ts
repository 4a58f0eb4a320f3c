/**
 * Groups as old libraries and Keras write them: a symbol table, which is a B-tree of name entries over a local heap of names.
 * HDF5 File Format Specification III.A.1 "Version 1 B-trees", III.B "Group Symbol Table Nodes", III.D "Local Heaps".
 */
import { append } from "./append.ts";
import { type Cursor, malformed } from "./cursor.ts";
import type { Walk } from "./file.ts";
import type { Link } from "./link.ts";
import { decodeName, untilNul } from "./text.ts";

const GROUP_NODE = 0;
const SOFT_LINK = 2;
const MAX_LEVEL = 32;

/** The links of the group whose symbol table message is `message`, in the tree's order: sorted by name. */
export async function readSymbolTable(walk: Walk, message: Cursor): Promise<Link[]> {
  const tree = message.address();
  const names = await readLocalHeap(walk, message.address());
  const links: Link[] = [];
  for (const node of await leaves(walk, tree)) await readSymbolNode(walk, node, names, links);
  return links;
}

/** The data segment of a local heap. */
async function readLocalHeap(walk: Walk, address: number): Promise<Cursor> {
  walk.enter(address, "local heap");
  const { offset, length } = walk.file.widths;
  const head = await walk.read(address, 8 + 2 * length + offset);
  head.expect("HEAP");
  head.version("local heap", 0);
  head.skip(3);
  const size = head.length();
  head.skip(length); // head of the free list
  return walk.read(head.address(), size);
}

/** Addresses of the symbol table nodes under a B-tree, left to right. */
async function leaves(walk: Walk, root: number): Promise<number[]> {
  const { offset, length } = walk.file.widths;
  const headerSize = 8 + 2 * offset;
  const out: number[] = [];
  const pending: { address: number; level: number | undefined }[] = [{ address: root, level: undefined }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    walk.enter(next.address, "B-tree node");
    const head = await walk.read(next.address, headerSize);
    head.expect("TREE");
    if (head.u8() !== GROUP_NODE) malformed("a B-tree node of another kind in a group", head.origin + 4);
    const level = head.u8();
    if (level !== (next.level ?? level) || level > MAX_LEVEL)
      malformed(`a B-tree node has level ${level}`, head.origin + 5);
    const count = head.u16();
    const body = await walk.read(next.address + headerSize, count * (length + offset));
    const children = Array.from({ length: count }, () => {
      body.skip(length); // key: the smallest name
      return body.address();
    });
    if (level === 0) append(out, children);
    else
      append(
        pending,
        children.reverse().map((address) => ({ address, level: level - 1 })),
      );
  }
  return out;
}

async function readSymbolNode(walk: Walk, address: number, names: Cursor, links: Link[]): Promise<void> {
  walk.enter(address, "symbol table node");
  const { offset } = walk.file.widths;
  const head = await walk.read(address, 8);
  head.expect("SNOD");
  head.version("symbol table node", 1);
  head.skip(1);
  const count = head.u16();
  walk.count("links", count);
  const entries = await walk.read(address + 8, count * (2 * offset + 24));
  for (let i = 0; i < count; i++) {
    const position = entries.position;
    const nameAt = entries.uint(offset);
    const target = entries.optionalAddress();
    const cache = entries.u32();
    entries.skip(20);
    if (nameAt >= names.bytes.length) malformed("a name lies outside its local heap", position);
    const most = walk.file.limits.nameBytes;
    const name = decodeName(untilNul(names.bytes.subarray(nameAt, nameAt + most + 1)), most, names.origin + nameAt);
    if (cache === SOFT_LINK) links.push({ kind: "soft", name });
    else links.push({ kind: "hard", name, address: target ?? malformed("a link without an address", position) });
  }
}
