/**
 * Variable-length strings, in collections of 4 KiB or one larger string each.
 * HDF5 File Format Specification III.E "Disk Format: Level 1E - Global Heap".
 */
import type { FileArena } from "./arena.ts";
import { Builder } from "./builder.ts";

const COLLECTION = 4096;
const HEADER = 16;

const encoder = new TextEncoder();

interface Collection {
  readonly address: number;
  readonly block: Uint8Array;
  used: number;
  count: number;
}

/** Puts variable-length strings into heap collections of an arena. */
export class StringHeapWriter {
  readonly #arena: FileArena;
  #open: Collection | undefined;

  constructor(arena: FileArena) {
    this.#arena = arena;
  }

  /** Stores the strings; gives the references that stand in their place. */
  references(strings: readonly string[]): Uint8Array {
    const out = new Builder();
    for (const text of strings) {
      const bytes = encoder.encode(text);
      const { address, index } = this.#add(bytes);
      out.u32(bytes.length).u64(address).u32(index);
    }
    return out.done();
  }

  #add(bytes: Uint8Array): { address: number; index: number } {
    const needed = HEADER + Math.ceil(bytes.length / 8) * 8;
    const collection = this.#collectionFor(needed);
    const index = ++collection.count;
    collection.block.set(new Builder().u16(index).zeros(6).u64(bytes.length).bytes(bytes).done(), collection.used);
    collection.used += needed;
    const free = collection.block.length - collection.used;
    if (free >= HEADER) collection.block.set(new Builder().zeros(8).u64(free).done(), collection.used);
    return { address: collection.address, index };
  }

  #collectionFor(needed: number): Collection {
    if (this.#open !== undefined && this.#open.used + needed <= this.#open.block.length) return this.#open;
    const block = new Uint8Array(Math.max(COLLECTION, HEADER + needed));
    block.set(new Builder().ascii("GCOL").u8(1, 0, 0, 0).u64(block.length).done());
    this.#open = { address: this.#arena.place(block), block, used: HEADER, count: 0 };
    return this.#open;
  }
}
