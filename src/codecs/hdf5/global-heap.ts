/**
 * Variable-length strings: references to objects in global heap collections.
 * HDF5 File Format Specification III.E "Disk Format: Level 1E - Global Heap".
 */
import { refuseOver } from "./budget.ts";
import { type Cursor, malformed } from "./cursor.ts";
import type { Walk } from "./file.ts";
import { MAX_STRINGS } from "./strings.ts";
import { decodeText, untilNul } from "./text.ts";

/** Collection and object headers both begin with 8 bytes before their size, and are padded to a multiple of 8. */
const headerSizeFor = (lengthSize: number): number => 8 + Math.ceil(lengthSize / 8) * 8;

interface Collection {
  readonly bytes: Uint8Array;
  readonly objects: ReadonlyMap<number, { readonly at: number; readonly size: number }>;
}

/** Looks strings up; collections are read once each. */
export class StringHeap {
  readonly #walk: Walk;
  readonly #collections = new Map<number, Collection>();
  #total = 0;

  constructor(walk: Walk) {
    this.#walk = walk;
  }

  /** `count` strings from consecutive references: u32 length, collection address, u32 index. */
  async strings(references: Cursor, count: number): Promise<string[]> {
    refuseOver("strings", count, MAX_STRINGS, "too many strings in one array");
    const out: string[] = [];
    for (let i = 0; i < count; i++) {
      const offset = references.position;
      const length = references.u32();
      const address = references.optionalAddress();
      const index = references.u32();
      if (length === 0) out.push("");
      else if (address === null) malformed("a string without an address", offset);
      else out.push(this.#decode(await this.#collection(address), index, length, offset));
    }
    return out;
  }

  #decode({ bytes, objects }: Collection, index: number, length: number, offset: number): string {
    const object = objects.get(index) ?? malformed("a string refers to a heap object that is not there", offset);
    if (length !== object.size) malformed(`a string of ${length} bytes in a heap object of ${object.size}`, offset);
    const { limits, source } = this.#walk.file;
    this.#total += length;
    const most = Math.min(limits.tensorBytes, Math.max(limits.ratioFloor, limits.expansionRatio * source.size));
    refuseOver("strings", this.#total, most, "strings exceed limits.tensorBytes or limits.expansionRatio");
    return decodeText(untilNul(bytes.subarray(object.at, object.at + length)));
  }

  async #collection(address: number): Promise<Collection> {
    const known = this.#collections.get(address);
    if (known !== undefined) return known;
    const headerSize = headerSizeFor(this.#walk.file.widths.length);
    const head = await this.#walk.read(address, headerSize);
    head.expect("GCOL");
    head.version("global heap collection", 1);
    head.skip(3);
    const size = head.length();
    if (size < headerSize) malformed("a global heap collection smaller than its header", head.origin);
    const collection = readCollection(await this.#walk.read(address, size), headerSize);
    this.#collections.set(address, collection);
    return collection;
  }
}

/** Objects by index up to the free space, which has index 0. */
function readCollection(block: Cursor, headerSize: number): Collection {
  block.skip(headerSize);
  const objects = new Map<number, { at: number; size: number }>();
  while (block.remaining >= headerSize) {
    const index = block.u16();
    if (index === 0) break;
    block.skip(6);
    const size = block.length();
    block.skip(headerSize - 8 - block.widths.length);
    if (objects.has(index)) malformed(`two objects of index ${index} in a global heap collection`, block.position);
    objects.set(index, { at: block.at, size });
    block.skip(size);
    block.skip(Math.min(block.remaining, (8 - (size % 8)) % 8));
  }
  return { bytes: block.bytes, objects };
}
