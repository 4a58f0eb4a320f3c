import { fail } from "../../core/error.ts";
import type { Limits } from "../../core/limits.ts";
import type { Source } from "../../core/source.ts";
import { refuseOver } from "./budget.ts";
import { Cursor, malformed, type Widths } from "./cursor.ts";

const BLOCK = 64 * 1024;
const MAX_BLOCKS = 128;
/** Values of so few bytes lie beside headers that have been read. */
const FEW = BLOCK / 4;

/** Node's Buffer is a Uint8Array whose `slice` does not copy: no Buffer gets past here. */
function plain(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The open file: addresses count from `base` (a user block may precede it), small reads go through a cache of blocks. */
export class Hdf5File {
  readonly source: Source;
  readonly limits: Limits;
  readonly base: number;
  readonly widths: Widths;
  readonly #blocks = new Map<number, Uint8Array>();

  constructor(source: Source, limits: Limits, base: number, widths: Widths) {
    this.source = source;
    this.limits = limits;
    this.base = base;
    this.widths = widths;
  }

  /** Bytes at an address; refused when they leave the file. Kept in the cache unless large. */
  async bytes(address: number, length: number): Promise<Uint8Array> {
    const start = this.base + address;
    this.checkInside(address, length);
    if (length > BLOCK) return this.values(address, length);
    const first = Math.floor(start / BLOCK);
    const last = Math.floor((start + Math.max(length, 1) - 1) / BLOCK);
    const head = this.#blocks.get(first) ?? (await this.#load(first));
    const skip = start - first * BLOCK;
    if (first === last) return head.subarray(skip, skip + length);
    const tail = this.#blocks.get(last) ?? (await this.#load(last));
    const out = new Uint8Array(length);
    out.set(head.subarray(skip));
    out.set(tail.subarray(0, length - (BLOCK - skip)), BLOCK - skip);
    return out;
  }

  /** Values at an address, which the caller may keep; past the cache unless they are few. */
  async values(address: number, length: number): Promise<Uint8Array> {
    if (length <= FEW) return (await this.bytes(address, length)).slice();
    return plain(await this.source.read(this.base + address, length));
  }

  /** Refuses a range that leaves the file, without reading it. */
  checkInside(address: number, length: number): void {
    const start = this.base + address;
    if (start + length <= this.source.size) return;
    fail("malformed/truncated", {
      source: "hdf5",
      expected: `${length} bytes at ${start}`,
      found: `a size of ${this.source.size} bytes`,
      offset: start,
    });
  }

  async #load(index: number): Promise<Uint8Array> {
    const start = index * BLOCK;
    const block = plain(await this.source.read(start, Math.min(BLOCK, this.source.size - start)));
    if (this.#blocks.size >= MAX_BLOCKS) this.#blocks.delete(this.#blocks.keys().next().value!);
    this.#blocks.set(index, block);
    return block;
  }
}

/**
 * One pass over the file's metadata. Every block is counted and may be entered once, so that the work is linear in the
 * size of the file whatever its pointers say.
 */
export class Walk {
  readonly file: Hdf5File;
  #left: number;
  readonly #entered = new Set<number>();
  readonly #counts = new Map<string, number>();

  constructor(file: Hdf5File) {
    this.file = file;
    this.#left = 4 * file.source.size + BLOCK;
  }

  /** A metadata block at an address. */
  async read(address: number, length: number): Promise<Cursor> {
    this.#left -= length;
    if (this.#left < 0)
      malformed("metadata blocks overlap: they add up to several times the file", this.file.base + address);
    return new Cursor(await this.file.bytes(address, length), this.file.base + address, this.file.widths);
  }

  /** Refuses to enter a block a second time. */
  enter(address: number, what: string): void {
    if (this.#entered.has(address)) {
      fail("malformed/cycle", {
        source: "hdf5",
        message: `a ${what} is reached a second time`,
        offset: this.file.base + address,
      });
    }
    this.#entered.add(address);
  }

  /** Refuses more links, attributes or chunks than `limits.entries`. */
  count(what: "links" | "attributes" | "chunks", found: number): void {
    const total = (this.#counts.get(what) ?? 0) + found;
    this.#counts.set(what, total);
    refuseOver("entries", total, this.file.limits.entries, `more ${what} than limits.entries`);
  }
}
