import { concatBytes } from "./bytes.ts";
import { fail } from "./error.ts";
import type { BlobLike } from "./platform.ts";

/**
 * Bytes that can be read at any place: a file, a Blob, an array in memory, or a stored member inside a zip. Parsers get
 * this and nothing else, so they cannot open a second file.
 */
export interface Source {
  /** As the caller named it, for messages. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`; a range that leaves the source is refused (`malformed/truncated`). */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Whether reading costs so much that what can wait is not read before it is needed. */
  readonly isLazy?: boolean;
  /** Gives back a file handle, where there is one. */
  close?(): Promise<void>;
}

/** Refuses a range outside `[0, size)`. */
export function checkRange(source: Pick<Source, "name" | "size">, offset: number, length: number): void {
  if (
    !Number.isSafeInteger(offset) ||
    !Number.isSafeInteger(length) ||
    offset < 0 ||
    length < 0 ||
    offset + length > source.size
  ) {
    fail("malformed/truncated", {
      file: source.name,
      expected: `${length} bytes at ${offset}`,
      found: `a size of ${source.size} bytes`,
      offset,
    });
  }
}

/** Bytes in memory; reads are views, not copies. */
export function bytesSource(bytes: Uint8Array, name = "bytes"): Source {
  const source: Source = {
    name,
    size: bytes.byteLength,
    async read(offset, length) {
      checkRange(source, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
  return source;
}

/** A browser's File or Blob. */
export function blobSource(blob: BlobLike, name = "blob"): Source {
  const source: Source = {
    name,
    size: blob.size,
    async read(offset, length) {
      checkRange(source, offset, length);
      return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    },
  };
  return source;
}

export const isBlob = (file: unknown): file is BlobLike => typeof Blob !== "undefined" && file instanceof Blob;

/** A File's own name. */
export const blobName = (blob: BlobLike): string => ("name" in blob ? String(blob.name) : "blob");

/** The source of bytes or a Blob; null for anything else. */
export function sourceOf(file: unknown, name?: string): Source | null {
  if (file instanceof Uint8Array) return bytesSource(file, name);
  if (file instanceof ArrayBuffer) return bytesSource(new Uint8Array(file), name);
  return isBlob(file) ? blobSource(file, name ?? blobName(file)) : null;
}

/** A part of another source, for example a stored member of a zip. */
export function partSource(outer: Source, offset: number, size: number, name: string): Source {
  checkRange(outer, offset, size);
  const source: Source = {
    name,
    size,
    async read(at, length) {
      checkRange(source, at, length);
      return outer.read(offset + at, length);
    },
  };
  return source;
}

/** Several sources one after the other, as one. */
export function joinedSource(parts: readonly Source[], name: string): Source {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const source: Source = {
    name,
    size,
    async read(offset, length) {
      checkRange(source, offset, length);
      let start = 0;
      const pieces: Uint8Array[] = [];
      for (const part of parts) {
        const [from, to] = [Math.max(offset, start), Math.min(offset + length, start + part.size)];
        if (from < to) pieces.push(await part.read(from - start, to - from));
        start += part.size;
      }
      return pieces.length === 1 ? pieces[0]! : concatBytes(pieces);
    },
  };
  return source;
}
