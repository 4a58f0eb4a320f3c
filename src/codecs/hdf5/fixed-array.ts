/**
 * Index of chunks when no axis can grow.
 * HDF5 File Format Specification VI.C "The Fixed Array Index".
 */
import { checkBlock } from "./checksum.ts";
import type { ArrayElement } from "./chunk-index.ts";
import { type Cursor, malformed } from "./cursor.ts";
import type { Walk } from "./file.ts";

const FILTERED = 1;

/** Reads `count` elements, numbered from `first`; those without an address have not been written. */
export function readElements(
  block: Cursor,
  first: number,
  count: number,
  elementSize: number,
  filtered: boolean,
): ArrayElement[] {
  const elements: ArrayElement[] = [];
  const sizeBytes = elementSize - block.widths.offset - 4;
  for (let index = first; index < first + count; index++) {
    const address = block.optionalAddress();
    const size = filtered ? block.uint(sizeBytes) : null;
    const mask = filtered ? block.u32() : 0;
    if (address !== null) elements.push({ index, address, size, mask });
  }
  return elements;
}

/** Refuses element sizes that cannot hold an address, or for filtered chunks also a size and a mask. */
export function checkElementSize(elementSize: number, filtered: boolean, offsetSize: number, at: number): void {
  const sizeBytes = elementSize - offsetSize - 4;
  const fits = filtered ? sizeBytes >= 1 && sizeBytes <= 8 : elementSize === offsetSize;
  if (!fits) malformed(`a chunk index with elements of ${elementSize} bytes`, at);
}

/** Whether page `index` has been written: bits from the most significant one on. */
export function isPageWritten(bitmap: Uint8Array, index: number): boolean {
  return (bitmap[index >> 3]! & (0x80 >> (index & 7))) !== 0;
}

export async function readFixedArray(walk: Walk, address: number): Promise<ArrayElement[]> {
  walk.enter(address, "fixed array");
  const { offset, length } = walk.file.widths;
  const head = await walk.read(address, 12 + length + offset);
  head.expect("FAHD");
  checkBlock(head.bytes, "fixed array", head.origin);
  head.version("fixed array", 0);
  const filtered = head.u8() === FILTERED;
  const elementSize = head.u8();
  checkElementSize(elementSize, filtered, offset, head.origin);
  const pageLength = 2 ** head.u8();
  const count = head.length();
  const blockAddress = head.optionalAddress();
  if (blockAddress === null) return [];

  walk.enter(blockAddress, "fixed array block");
  const pages = count > pageLength ? Math.ceil(count / pageLength) : 0;
  const bitmapBytes = Math.ceil(pages / 8);
  const prefixSize = 6 + offset + bitmapBytes;
  walk.file.checkInside(blockAddress, prefixSize + 4 + (pages === 0 ? count * elementSize : 0));
  const block = await walk.read(blockAddress, prefixSize + 4 + (pages === 0 ? count * elementSize : 0));
  block.expect("FADB");
  checkBlock(block.bytes, "fixed array block", block.origin);
  block.version("fixed array block", 0);
  block.skip(1 + offset); // client, address of the header
  if (pages === 0) return readElements(block, 0, count, elementSize, filtered);

  const bitmap = block.take(bitmapBytes);
  const elements: ArrayElement[] = [];
  for (let page = 0; page < pages; page++) {
    if (!isPageWritten(bitmap, page)) continue;
    const first = page * pageLength;
    const here = Math.min(pageLength, count - first);
    const at = blockAddress + prefixSize + 4 + page * (pageLength * elementSize + 4);
    const cursor = await walk.read(at, here * elementSize + 4);
    checkBlock(cursor.bytes, "fixed array page", cursor.origin);
    elements.push(...readElements(cursor, first, here, elementSize, filtered));
  }
  return elements;
}
