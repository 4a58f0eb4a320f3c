import { fail } from "../../core/error.ts";

/** How many bytes an address and a length take in this file (superblock: "Size of Offsets", "Size of Lengths"). */
export interface Widths {
  readonly offset: number;
  readonly length: number;
}

/** Refuses a damaged structure; `offset` counts from the start of the file. */
export function malformed(message: string, offset?: number): never {
  fail("malformed/hdf5", { source: "hdf5", message, ...(offset === undefined ? {} : { offset }) });
}

/** Reads little-endian fields of one metadata block in turn. A field beyond the block's end is `malformed/hdf5`. */
export class Cursor {
  readonly bytes: Uint8Array;
  /** Where `bytes[0]` is in the file. */
  readonly origin: number;
  readonly widths: Widths;
  at = 0;

  constructor(bytes: Uint8Array, origin: number, widths: Widths) {
    this.bytes = bytes;
    this.origin = origin;
    this.widths = widths;
  }

  get remaining(): number {
    return this.bytes.length - this.at;
  }

  /** Place of the next field in the file. */
  get position(): number {
    return this.origin + this.at;
  }

  #advance(count: number): number {
    if (count > this.remaining)
      malformed(`a structure of ${this.bytes.length} bytes ends inside a field of ${count} bytes`, this.position);
    const at = this.at;
    this.at += count;
    return at;
  }

  u8(): number {
    return this.bytes[this.#advance(1)]!;
  }

  u16(): number {
    const at = this.#advance(2);
    return this.bytes[at]! | (this.bytes[at + 1]! << 8);
  }

  u32(): number {
    const low = this.u16();
    return low + this.u16() * 65536;
  }

  /** An unsigned integer of 1 to 8 bytes; all ones is `null`, which HDF5 calls undefined (addresses) or unlimited (sizes). */
  optional(width: number): number | null {
    const start = this.#advance(width);
    let value = 0;
    let ones = true;
    for (let i = width - 1; i >= 0; i--) {
      const byte = this.bytes[start + i]!;
      ones &&= byte === 0xff;
      value = value * 256 + byte;
    }
    if (ones) return null;
    if (!Number.isSafeInteger(value)) malformed(`a number of ${width} bytes exceeds 2^53`, this.origin + start);
    return value;
  }

  /** An unsigned integer of 1 to 8 bytes. */
  uint(width: number): number {
    const start = this.position;
    const value = this.optional(width);
    if (value !== null) return value;
    return width > 6 ? malformed(`a number of ${width} bytes exceeds 2^53`, start) : 256 ** width - 1;
  }

  /** An address that may be undefined. */
  optionalAddress(): number | null {
    return this.optional(this.widths.offset);
  }

  address(): number {
    const start = this.position;
    return this.optional(this.widths.offset) ?? malformed("an undefined address", start);
  }

  length(): number {
    return this.uint(this.widths.length);
  }

  take(count: number): Uint8Array {
    const at = this.#advance(count);
    return this.bytes.subarray(at, at + count);
  }

  skip(count: number): void {
    this.#advance(count);
  }

  /** The next `count` bytes as a cursor of their own. */
  part(count: number): Cursor {
    const origin = this.position;
    return new Cursor(this.take(count), origin, this.widths);
  }

  /** Refuses other bytes than the ASCII `signature`. */
  expect(signature: string): void {
    const start = this.position;
    const found = String.fromCharCode(...this.take(signature.length));
    if (found !== signature) {
      fail("malformed/hdf5", {
        source: "hdf5",
        message: "a block has another signature",
        expected: signature,
        found,
        offset: start,
      });
    }
  }

  /** Refuses a version byte that is not in `known`. */
  version(what: string, ...known: readonly number[]): number {
    const start = this.position;
    const version = this.u8();
    if (!known.includes(version)) {
      fail("malformed/hdf5", {
        source: "hdf5",
        message: `unknown version of a ${what}`,
        expected: known.join(" or "),
        found: String(version),
        offset: start,
      });
    }
    return version;
  }
}
