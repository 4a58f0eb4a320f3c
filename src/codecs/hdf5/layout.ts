/**
 * Where the values of a dataset are.
 * HDF5 File Format Specification IV.A.2.i "The Data Layout Message", versions 1 to 4.
 */
import { fail } from "../../core/error.ts";
import { type Cursor, malformed } from "./cursor.ts";

/** How the chunks are found. A `null` address: none has been written. */
export type ChunkIndex =
  | {
      readonly kind: "btree1" | "implicit" | "fixed-array" | "extensible-array" | "btree2";
      readonly address: number | null;
    }
  | {
      readonly kind: "single";
      readonly address: number | null;
      readonly filtered: { readonly size: number; readonly mask: number } | null;
    };

/** Values in chunks, which an index finds. */
export interface ChunkedLayout {
  readonly kind: "chunked";
  /** Values per chunk along each axis. */
  readonly chunk: readonly number[];
  readonly elementSize: number;
  readonly index: ChunkIndex;
  /** Chunks that reach over the edge of the dataset skip the filters. */
  readonly rawEdges: boolean;
}

export type DataLayout =
  | { readonly kind: "compact"; readonly bytes: Uint8Array }
  | { readonly kind: "contiguous"; readonly address: number | null; readonly size: number }
  | ChunkedLayout;

const COMPACT = 0;
const CONTIGUOUS = 1;
const CHUNKED = 2;
const VIRTUAL = 3;

/** Virtual datasets, whose values are elsewhere, are `unsupported/virtual-dataset`. */
export function readLayout(body: Cursor): DataLayout {
  const version = body.version("data layout", 1, 2, 3, 4, 5);
  if (version <= 2) return readOldLayout(body);
  const kind = body.u8();
  switch (kind) {
    case COMPACT:
      return { kind: "compact", bytes: body.take(body.u16()).slice() };
    case CONTIGUOUS:
      return { kind: "contiguous", address: body.optionalAddress(), size: body.length() };
    case CHUNKED:
      return version === 3 ? readChunked3(body) : readChunked4(body);
    case VIRTUAL:
      return fail("unsupported/virtual-dataset", { source: "hdf5", message: "values are kept in other datasets" });
    default:
      return malformed(`unknown class ${kind} of a data layout`, body.position - 1);
  }
}

/** Versions 1 and 2: sizes are stored as a shape; the last one of a chunk is the size of a value. */
function readOldLayout(body: Cursor): DataLayout {
  const rank = body.u8();
  const kind = body.u8();
  body.skip(5);
  const address = kind === COMPACT ? null : body.optionalAddress();
  const sizes = Array.from({ length: rank }, () => body.u32());
  if (kind === CONTIGUOUS) return { kind: "contiguous", address, size: Infinity };
  if (kind === COMPACT) return { kind: "compact", bytes: body.take(body.u32()).slice() };
  if (kind !== CHUNKED) malformed(`unknown class ${kind} of a data layout`, body.origin);
  return chunked(body, sizes, { kind: "btree1", address }, false);
}

function readChunked3(body: Cursor): ChunkedLayout {
  const rank = body.u8();
  const address = body.optionalAddress();
  const sizes = Array.from({ length: rank }, () => body.u32());
  return chunked(body, sizes, { kind: "btree1", address }, false);
}

const RAW_EDGES = 1;
const SINGLE_FILTERED = 2;

function readChunked4(body: Cursor): ChunkedLayout {
  const flags = body.u8();
  const rank = body.u8();
  const width = body.u8();
  if (width < 1 || width > 8) malformed(`chunk sizes of ${width} bytes`, body.position - 1);
  const sizes = Array.from({ length: rank }, () => body.uint(width));
  return chunked(body, sizes, readIndex(body, flags), (flags & RAW_EDGES) !== 0);
}

function readIndex(body: Cursor, flags: number): ChunkIndex {
  const kind = body.u8();
  switch (kind) {
    case 1: {
      const filtered = (flags & SINGLE_FILTERED) !== 0 ? { size: body.length(), mask: body.u32() } : null;
      return { kind: "single", address: body.optionalAddress(), filtered };
    }
    case 2:
      return { kind: "implicit", address: body.optionalAddress() };
    case 3:
      body.skip(1); // page size, repeated in the index
      return { kind: "fixed-array", address: body.optionalAddress() };
    case 4:
      body.skip(5); // sizes repeated in the index
      return { kind: "extensible-array", address: body.optionalAddress() };
    case 5:
      body.skip(6); // node size, split and merge percentages
      return { kind: "btree2", address: body.optionalAddress() };
    default:
      return malformed(`unknown kind ${kind} of a chunk index`, body.position - 1);
  }
}

function chunked(body: Cursor, sizes: readonly number[], index: ChunkIndex, rawEdges: boolean): ChunkedLayout {
  const elementSize = sizes.at(-1);
  if (elementSize === undefined || sizes.includes(0)) malformed("a chunk of no values", body.origin);
  return { kind: "chunked", chunk: sizes.slice(0, -1), elementSize, index, rawEdges };
}
