/**
 * Where the chunks of a dataset are: one list, whatever kind of index it comes from.
 * HDF5 File Format Specification IV.A.2.i "The Data Layout Message" and VI "Appendix C: Types of Indexes for Dataset Chunks".
 */
import { readBtree2, RECORD } from "./btree2.ts";
import { readChunkTree } from "./chunk-tree.ts";
import { malformed } from "./cursor.ts";
import { readExtensibleArray } from "./extensible-array.ts";
import type { Walk } from "./file.ts";
import { readFixedArray } from "./fixed-array.ts";
import type { ChunkedLayout } from "./layout.ts";
import type { ArrayElement, StoredChunk } from "./types.ts";

/** The grid that chunks form, and the bytes of one whole chunk. */
export interface Grid {
  readonly shape: readonly number[];
  readonly maximum: readonly (number | null)[];
  readonly layout: ChunkedLayout;
  readonly chunkBytes: number;
}

/** All chunks that have been written, in no particular order. */
export async function readChunkIndex(walk: Walk, grid: Grid): Promise<StoredChunk[]> {
  const { layout, chunkBytes, shape } = grid;
  const { index } = layout;
  const { address } = index;
  if (address === null) return [];
  switch (index.kind) {
    case "btree1":
      return readChunkTree(walk, address, layout.chunk);
    case "single":
      return [
        { at: shape.map(() => 0), address, size: index.filtered?.size ?? chunkBytes, mask: index.filtered?.mask ?? 0 },
      ];
    case "implicit":
      return readImplicit(walk, grid, address);
    case "fixed-array":
      return place(grid, await readFixedArray(walk, address), null);
    case "extensible-array":
      return place(grid, await readExtensibleArray(walk, address), grid.maximum.indexOf(null));
    case "btree2":
      return readTree2(walk, grid, address);
  }
}

/** Axes in the order in which chunks are numbered, slowest first: an unlimited axis leads. */
function numbering({ maximum, layout: { chunk } }: Grid, unlimited: number | null): { axis: number; count: number }[] {
  const axes = maximum.map((most, axis) => ({
    axis,
    count: most === null ? Infinity : Math.ceil(most / chunk[axis]!),
  }));
  return unlimited === null ? axes : [axes[unlimited]!, ...axes.filter(({ axis }) => axis !== unlimited)];
}

/** Chunk numbers to places in the grid. */
function place(grid: Grid, elements: readonly ArrayElement[], unlimited: number | null): StoredChunk[] {
  if (unlimited === -1) malformed("an extensible array for a dataset without an unlimited axis");
  const axes = numbering(grid, unlimited).reverse();
  return elements.map(({ index, address, size, mask }) => {
    const at = new Array<number>(axes.length).fill(0);
    let rest = index;
    for (const { axis, count } of axes) {
      at[axis] = count === Infinity ? rest : rest % count;
      rest = count === Infinity ? 0 : Math.floor(rest / count);
    }
    return { at, address, size: size ?? grid.chunkBytes, mask };
  });
}

/** Chunks one after another, all of them there. */
function readImplicit(walk: Walk, grid: Grid, start: number): StoredChunk[] {
  const total = numbering(grid, null).reduce((product, { count }) => product * count, 1);
  walk.count("chunks", total);
  walk.file.checkInside(start, total * grid.chunkBytes);
  const elements = Array.from({ length: total }, (_, index) => ({
    index,
    address: start + index * grid.chunkBytes,
    size: null,
    mask: 0,
  }));
  return place(grid, elements, null).filter(({ at }) =>
    at.every((place, axis) => place * grid.layout.chunk[axis]! < grid.shape[axis]!),
  );
}

async function readTree2(walk: Walk, grid: Grid, address: number): Promise<StoredChunk[]> {
  const { offset } = walk.file.widths;
  const placeBytes = 8 * grid.shape.length;
  const records = await readBtree2(walk, address, "chunks", RECORD.chunk, RECORD.filteredChunk);
  return records.map((record) => {
    const sizeBytes = record.bytes.length - offset - 4 - placeBytes;
    const chunk = record.address();
    const filtered = sizeBytes > 0;
    const size = filtered ? record.uint(sizeBytes) : grid.chunkBytes;
    const mask = filtered ? record.u32() : 0;
    return { at: grid.shape.map(() => record.uint(8)), address: chunk, size, mask };
  });
}
