/** Puts the chunks of a dataset together. HDF5 File Format Specification IV.A.2.i "The Data Layout Message", class 2. */
import { type Grid, readChunkIndex } from "./chunk-index.ts";
import type { StoredChunk } from "./types.ts";
import { malformed } from "./cursor.ts";
import type { Dataspace } from "./dataspace.ts";
import { checkExpansion, refuseOver } from "./budget.ts";
import { type Hdf5File, Walk } from "./file.ts";
import { filled } from "./fill-value.ts";
import type { Filter } from "./filters.ts";
import type { ChunkedLayout } from "./layout.ts";
import { unfilter } from "./unfilter.ts";

/** A chunked dataset: its shape, where its chunks are, and how they are undone. */
export interface ChunkedValues {
  readonly space: Dataspace;
  readonly layout: ChunkedLayout;
  readonly filters: readonly Filter[];
  readonly fill: Uint8Array | null;
  readonly itemSize: number;
  readonly byteLength: number;
}

/** All values as stored, row-major. Sizes are compared with limits before anything large is allocated. */
export async function readChunked(file: Hdf5File, values: ChunkedValues): Promise<Uint8Array> {
  const { space, layout, filters, fill, itemSize, byteLength } = values;
  const shape = space.shape ?? malformed("chunks of a null dataspace");
  if (layout.chunk.length !== shape.length)
    malformed(`chunks of ${layout.chunk.length} axes for a shape of ${shape.length}`);
  if (layout.elementSize !== itemSize)
    malformed(`chunks of values of ${layout.elementSize} bytes, which have ${itemSize}`);
  if (byteLength === 0) return new Uint8Array();
  const chunkBytes = layout.chunk.reduce((product, length) => product * length, itemSize);
  const grid: Grid = { shape, maximum: space.maximum, layout, chunkBytes };
  const chunks = await readChunkIndex(new Walk(file), grid);
  checkChunks(file, grid, chunks, byteLength);

  const out = filled(byteLength, fill);
  for (const { at, address, size, mask } of chunks) {
    const isEdge = at.some((place, axis) => (place + 1) * layout.chunk[axis]! > shape[axis]!);
    const stored = await file.bytes(address, size);
    const chunk = unfilter(stored, layout.rawEdges && isEdge ? [] : filters, mask, chunkBytes);
    copyChunk(chunk, out, at, shape, layout.chunk, itemSize);
  }
  return out;
}

/** Every chunk once, inside the grid and the file; what they grow to is compared with limits. */
function checkChunks(
  file: Hdf5File,
  { shape, layout, chunkBytes }: Grid,
  chunks: readonly StoredChunk[],
  byteLength: number,
): void {
  const seen = new Set<string>();
  let stored = 0;
  for (const { at, address, size } of chunks) {
    if (at.some((place, axis) => place * layout.chunk[axis]! >= shape[axis]!))
      malformed("a chunk lies outside the dataset", file.base + address);
    const key = at.join();
    if (seen.has(key)) malformed(`two chunks at [${key}]`, file.base + address);
    seen.add(key);
    file.checkInside(address, size);
    stored += size;
  }
  if (stored > file.source.size) malformed("chunks overlap: together they are larger than the file");
  const grown = chunks.length * chunkBytes;
  refuseOver("tensor-bytes", grown, file.limits.tensorBytes, "the chunks of a dataset exceed limits.tensorBytes");
  checkExpansion(file.limits, stored, Math.max(byteLength, grown));
}

/** Copies the part of a chunk that lies inside the dataset, a row of the last axis at a time. */
function copyChunk(
  chunk: Uint8Array,
  out: Uint8Array,
  at: readonly number[],
  shape: readonly number[],
  sizes: readonly number[],
  itemSize: number,
): void {
  const rank = shape.length;
  const counts = sizes.map((size, axis) => Math.min(size, shape[axis]! - at[axis]! * size));
  const rowBytes = (counts[rank - 1] ?? 1) * itemSize;
  const position = new Array<number>(rank).fill(0);
  for (;;) {
    let from = 0;
    let to = 0;
    for (let axis = 0; axis < rank; axis++) {
      from = from * sizes[axis]! + position[axis]!;
      to = to * shape[axis]! + at[axis]! * sizes[axis]! + position[axis]!;
    }
    out.set(chunk.subarray(from * itemSize, from * itemSize + rowBytes), to * itemSize);
    let axis = rank - 2;
    while (axis >= 0 && ++position[axis]! === counts[axis]) position[axis--] = 0;
    if (axis < 0) return;
  }
}
