/**
 * Groups as old libraries and Keras write them: a symbol table, which is a B-tree of name entries over a local heap of names.
 * HDF5 File Format Specification III.B "Group Symbol Table Nodes", III.D "Local Heaps".
 */
import { type KeyForm, type Leaf, NODE, readBtree1 } from "./btree1.ts";
import { type Cursor, malformed } from "./cursor.ts";
import type { Walk } from "./file.ts";
import type { Link } from "./link.ts";
import { compareBytes, decodeName, untilNul } from "./text.ts";

/** What an entry repeats of its object: nothing, where a group's table is, or what a soft link names. */
const CACHE = { nothing: 0, group: 1, softLink: 2 } as const;

/** The links of the group whose symbol table message is `message`, in the tree's order: sorted by name. */
export async function readSymbolTable(walk: Walk, message: Cursor): Promise<Link[]> {
  const tree = message.address();
  const names = await readLocalHeap(walk, message.address());
  const form: KeyForm<Uint8Array> = {
    node: NODE.group,
    size: walk.file.widths.length,
    read: (cursor) => nameAt(names, cursor.length(), walk.file.limits.nameBytes, cursor.position),
    compare: compareBytes,
  };
  const links: Link[] = [];
  for (const leaf of await readBtree1(walk, tree, form)) await readSymbolNode(walk, leaf, names, links);
  return links;
}

/** The bytes of a name of a local heap; one byte more than allowed when it is too long. */
function nameAt(names: Cursor, at: number, most: number, position: number): Uint8Array {
  if (at >= names.bytes.length) malformed("a name lies outside its local heap", position);
  return untilNul(names.bytes.subarray(at, at + most + 1));
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

/** Adds the entries of a node, whose names are sorted: above its low key, up to its high key. */
async function readSymbolNode(walk: Walk, leaf: Leaf<Uint8Array>, names: Cursor, links: Link[]): Promise<void> {
  const { address } = leaf;
  walk.enter(address, "symbol table node");
  const { offset } = walk.file.widths;
  const head = await walk.read(address, 8);
  head.expect("SNOD");
  head.version("symbol table node", 1);
  head.skip(1);
  const count = head.u16();
  walk.count("links", count);
  const entries = await walk.read(address + 8, count * (2 * offset + 24));
  const most = walk.file.limits.nameBytes;
  let previous = leaf.low;
  for (let i = 0; i < count; i++) {
    const position = entries.position;
    const heapOffset = entries.uint(offset);
    const target = entries.optionalAddress();
    const cache = entries.u32();
    entries.skip(20);
    const bytes = nameAt(names, heapOffset, most, position);
    const name = decodeName(bytes, most, names.origin + heapOffset);
    if (compareBytes(previous, bytes) >= 0) malformed(`${name} is out of order in its group`, position);
    previous = bytes;
    if (cache === CACHE.softLink) links.push({ kind: "soft", name });
    else if (cache !== CACHE.nothing && cache !== CACHE.group)
      malformed(`unknown cache type ${cache} of a link`, position);
    else links.push({ kind: "hard", name, address: target ?? malformed("a link without an address", position) });
  }
  if (compareBytes(previous, leaf.high) > 0) malformed("a name is out of order in its group", head.origin);
}
