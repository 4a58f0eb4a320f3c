/**
 * Index of chunks when one axis can grow: elements in the index block, then in data blocks, which super blocks list from some
 * size on. Sizes double every second super block; long data blocks are split in pages.
 * HDF5 File Format Specification VI.D "The Extensible Array Index".
 */
import { appendAll } from "./append.ts";
import { checkBlock } from "./checksum.ts";
import type { ArrayElement } from "./types.ts";
import { type Cursor, malformed } from "./cursor.ts";
import type { Walk } from "./file.ts";
import { type ElementForm, isPageWritten, readElementForm, readElements } from "./fixed-array.ts";
import { isPowerOfTwo, log2Floor } from "./integers.ts";

interface ArrayHeader extends ElementForm {
  readonly address: number;
  /** Bytes of a block's offset. */
  readonly offsetBytes: number;
  readonly inIndexBlock: number;
  readonly minBlockLength: number;
  readonly minPointers: number;
  readonly pageLength: number;
  readonly superBlocks: number;
  readonly indexBlock: number | null;
}

async function readHeader(walk: Walk, address: number): Promise<ArrayHeader> {
  walk.enter(address, "extensible array");
  const { offset, length } = walk.file.widths;
  const head = await walk.read(address, 16 + 6 * length + offset);
  head.expect("EAHD");
  checkBlock(head.bytes, "extensible array", head.origin);
  head.version("extensible array", 0);
  const form = readElementForm(head);
  const maxBits = head.u8();
  const inIndexBlock = head.u8();
  const minBlockLength = head.u8();
  const minPointers = head.u8();
  const pageLength = 2 ** head.u8();
  head.skip(6 * length); // statistics
  const indexBlock = head.optionalAddress();
  const superBlocks = 1 + maxBits - log2Floor(minBlockLength);
  const possible = isPowerOfTwo(minBlockLength) && isPowerOfTwo(minPointers) && maxBits <= 64 && superBlocks >= 1;
  if (!possible) malformed("impossible block sizes of an extensible array", head.origin);
  const offsetBytes = Math.ceil(maxBits / 8);
  return {
    ...form,
    address,
    offsetBytes,
    inIndexBlock,
    minBlockLength,
    minPointers,
    pageLength,
    superBlocks,
    indexBlock,
  };
}

/** Super block `level` covers 2^(level/2) data blocks of this many elements. */
function blockLength({ minBlockLength }: ArrayHeader, level: number): number {
  return 2 ** Math.floor((level + 1) / 2) * minBlockLength;
}

/** The elements in the order of their chunks. */
export async function readExtensibleArray(walk: Walk, address: number): Promise<ArrayElement[]> {
  const array = await readHeader(walk, address);
  if (array.indexBlock === null) return [];
  const { offset } = walk.file.widths;
  const direct = 2 * (array.minPointers - 1);
  const firstLevel = Math.min(array.superBlocks, 2 * log2Floor(array.minPointers));
  const pointers = direct + (array.superBlocks - firstLevel);
  const block = await readBlock(
    walk,
    array,
    array.indexBlock,
    "EAIB",
    array.inIndexBlock * array.elementSize + pointers * offset,
  );
  const elements = readElements(walk, block, 0, array.inIndexBlock, array);

  let first = array.inIndexBlock;
  for (let level = 0; level < array.superBlocks; level++) {
    const blocks = 2 ** Math.floor(level / 2);
    const length = blockLength(array, level);
    if (level < firstLevel) {
      for (let i = 0; i < blocks; i++) {
        const data = block.optionalAddress();
        if (data !== null)
          appendAll(elements, await readDataBlock(walk, array, data, first + i * length, length, undefined));
      }
    } else {
      const superBlock = block.optionalAddress();
      if (superBlock !== null) await readSuperBlock(walk, array, superBlock, { first, blocks, length }, elements);
    }
    first += blocks * length;
  }
  return elements;
}

async function readSuperBlock(
  walk: Walk,
  array: ArrayHeader,
  address: number,
  { first, blocks, length }: { first: number; blocks: number; length: number },
  elements: ArrayElement[],
): Promise<void> {
  const pages = length > array.pageLength ? length / array.pageLength : 0;
  const bitmapBytes = Math.ceil(pages / 8); // each block has room for whole bytes, but the bits follow one another
  const { offset } = walk.file.widths;
  const block = await readBlock(walk, array, address, "EASB", array.offsetBytes + blocks * (bitmapBytes + offset));
  block.skip(array.offsetBytes);
  const bitmap = block.take(blocks * bitmapBytes);
  for (let i = 0; i < blocks; i++) {
    const data = block.optionalAddress();
    if (data === null) continue;
    const isWritten = pages === 0 ? undefined : (page: number): boolean => isPageWritten(bitmap, i * pages + page);
    appendAll(elements, await readDataBlock(walk, array, data, first + i * length, length, isWritten));
  }
}

/** A block of pages comes with `isWritten`, others without. */
async function readDataBlock(
  walk: Walk,
  array: ArrayHeader,
  address: number,
  first: number,
  length: number,
  isWritten: ((page: number) => boolean) | undefined,
): Promise<ArrayElement[]> {
  const { elementSize, pageLength, offsetBytes } = array;
  if (isWritten === undefined) {
    const block = await readBlock(walk, array, address, "EADB", offsetBytes + length * elementSize);
    block.skip(offsetBytes);
    return readElements(walk, block, first, length, array);
  }
  const prefix = await readBlock(walk, array, address, "EADB", offsetBytes);
  const elements: ArrayElement[] = [];
  for (let page = 0; page < length / pageLength; page++) {
    if (!isWritten(page)) continue;
    const cursor = await walk.read(
      address + prefix.bytes.length + page * (pageLength * elementSize + 4),
      pageLength * elementSize + 4,
    );
    checkBlock(cursor.bytes, "extensible array page", cursor.origin);
    appendAll(elements, readElements(walk, cursor, first + page * pageLength, pageLength, array));
  }
  return elements;
}

/** A block of `bodySize` bytes between its header, which must name this array, and its checksum; the cursor is at the body. */
async function readBlock(
  walk: Walk,
  array: ArrayHeader,
  address: number,
  signature: string,
  bodySize: number,
): Promise<Cursor> {
  walk.enter(address, "extensible array block");
  const block = await walk.read(address, 6 + walk.file.widths.offset + bodySize + 4);
  block.expect(signature);
  checkBlock(block.bytes, "extensible array block", block.origin);
  block.version("extensible array block", 0);
  block.skip(1); // client
  if (block.address() !== array.address) malformed("a block of another extensible array", block.origin);
  return block;
}
