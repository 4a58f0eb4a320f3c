/**
 * A group's members: local heap of names, symbol table nodes, B-tree.
 * HDF5 File Format Specification III.A.1 "Version 1 B-trees", III.B "Group Symbol Table Nodes", III.D "Local Heaps".
 */
import { fail } from "../../../core/error.ts";
import { compareBytes } from "../text.ts";
import type { FileArena } from "./arena.ts";
import { Builder } from "./builder.ts";

/** The superblock's "Group Leaf Node K" and "Group Internal Node K": nodes hold up to twice as many entries. */
export const LEAF_K = 4;
export const INTERNAL_K = 16;
/** "Cache Type" of an entry that repeats where a group's table is. */
export const GROUP_CACHED = 1;

const ENTRIES = 2 * LEAF_K;
const CHILDREN = 2 * INTERNAL_K;
const ENTRY_SIZE = 40;
const SMALLEST_HEAP = 88;
const NO_FREE_BLOCK = 1;

/** Where an object is; groups also have their table, which the parent's entry repeats. */
export interface Placed {
  readonly header: number;
  readonly table?: Table;
}

/** Addresses of a group's B-tree and of the heap with its names. */
export interface Table {
  readonly tree: number;
  readonly heap: number;
}

interface SymbolMember {
  readonly name: Uint8Array;
  readonly object: Placed;
}

interface Node {
  readonly address: number;
  /** Heap offset of its last name. */
  readonly last: number;
}

const encoder = new TextEncoder();

/** Writes the table of a group; names are sorted here. */
export function placeTable(arena: FileArena, members: ReadonlyMap<string, Placed>): Table {
  const sorted = [...members].map(([name, object]): SymbolMember => ({ name: encodeName(name), object }));
  sorted.sort((a, b) => compareBytes(a.name, b.name));

  const names = new Builder().zeros(8); // offset 0 is the empty name, which the first key of a B-tree stands for
  const offsets = sorted.map(({ name }) => {
    const offset = names.size;
    names.bytes(name).zeros(1).pad8();
    return offset;
  });
  names.zeros(Math.max(0, SMALLEST_HEAP - names.size));
  const head = new Builder().ascii("HEAP").u8(0, 0, 0, 0).u64(names.size).u64(NO_FREE_BLOCK);
  const segment = arena.end + head.size + 8;
  const heap = arena.place(head.u64(segment).bytes(names.done()).done());

  const leaves: Node[] = [];
  for (let start = 0; start < sorted.length; start += ENTRIES) {
    leaves.push(placeEntries(arena, sorted.slice(start, start + ENTRIES), offsets.slice(start, start + ENTRIES)));
  }
  return { tree: placeTree(arena, leaves), heap };
}

function encodeName(name: string): Uint8Array {
  if (name === "" || name === "." || name.includes("/") || name.includes("\0")) {
    fail("unsupported/name", {
      source: "hdf5",
      message: "this cannot be the name of a group or dataset",
      found: JSON.stringify(name),
    });
  }
  return encoder.encode(name);
}

function placeEntries(arena: FileArena, members: readonly SymbolMember[], offsets: readonly number[]): Node {
  const node = new Builder().ascii("SNOD").u8(1, 0).u16(members.length);
  members.forEach(({ object: { header, table } }, i) => {
    node.u64(offsets[i]!).u64(header);
    if (table === undefined) node.zeros(24);
    else node.u32(GROUP_CACHED).u32(0).u64(table.tree).u64(table.heap);
  });
  node.zeros((ENTRIES - members.length) * ENTRY_SIZE);
  return { address: arena.place(node.done()), last: offsets.at(-1)! };
}

/** Levels of nodes of equal size, siblings linked, until one is left. */
function placeTree(arena: FileArena, leaves: readonly Node[]): number {
  const nodeSize = 24 + 8 * (2 * CHILDREN + 1);
  let below = leaves;
  for (let level = 0; ; level++) {
    const count = Math.max(1, Math.ceil(below.length / CHILDREN));
    const first = arena.end;
    const nodes: Node[] = [];
    for (let i = 0; i < count; i++) {
      const children = below.slice(i * CHILDREN, (i + 1) * CHILDREN);
      const left = i === 0 ? null : first + (i - 1) * nodeSize;
      const right = i === count - 1 ? null : first + (i + 1) * nodeSize;
      const node = new Builder().ascii("TREE").u8(0, level).u16(children.length).u64(left).u64(right);
      node.u64(nodes.at(-1)?.last ?? 0);
      for (const child of children) node.u64(child.address).u64(child.last);
      node.zeros(nodeSize - node.size);
      nodes.push({ address: arena.place(node.done()), last: children.at(-1)?.last ?? 0 });
    }
    if (count === 1) return first;
    below = nodes;
  }
}
