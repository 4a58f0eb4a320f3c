/**
 * Index of chunks when no axis can grow.
 * HDF5 File Format Specification VI.C "The Fixed Array Index".
 */
import { appendAll } from "./append.ts";
import { checkBlock } from "./checksum.ts";
import type { ArrayElement } from "./types.ts";
import { type Cursor, malformed } from "./cursor.ts";
import type { Walk } from "./file.ts";

const FILTERED = 1;

/** How the elements of an array index are stored. */
export interface ElementForm {
  readonly elementSize: number;
  readonly filtered: boolean;
}

/** Reads `count` elements, numbered from `first`; those without an address have not been written. */
export function readElements(
  walk: Walk,
  block: Cursor,
  first: number,
  count: number,
  { elementSize, filtered }: ElementForm,
): ArrayElement[] {
  const elements: ArrayElement[] = [];
  const sizeBytes = elementSize - block.widths.offset - 4;
  for (let index = first; index < first + count; index++) {
    const address = block.optionalAddress();
    const size = filtered ? block.uint(sizeBytes) : null;
    const mask = filtered ? block.u32() : 0;
    if (address !== null) elements.push({ index, address, size, mask });
  }
  walk.count("chunks", elements.length);
  return elements;
}

/** Client and element size in an array's header. An element is an address; of a filtered chunk also a size and a mask. */
export function readElementForm(head: Cursor): ElementForm {
  const at = head.position;
  const filtered = head.u8() === FILTERED;
  const elementSize = head.u8();
  const sizeBytes = elementSize - head.widths.offset - 4;
  const fits = filtered ? sizeBytes >= 1 && sizeBytes <= 8 : elementSize === head.widths.offset;
  if (!fits) malformed(`a chunk index with elements of ${elementSize} bytes`, at);
  return { elementSize, filtered };
}

/** Whether page `index` has been written: bits from the most significant one on. */
export function isPageWritten(bitmap: Uint8Array, index: number): boolean {
  return (bitmap[index >> 3]! & (0x80 >> (index & 7))) !== 0;
}

/** The elements in the order of their chunks. */
export async function readFixedArray(walk: Walk, address: number): Promise<ArrayElement[]> {
  walk.enter(address, "fixed array");
  const { offset, length } = walk.file.widths;
  const head = await walk.read(address, 12 + length + offset);
  head.expect("FAHD");
  checkBlock(head.bytes, "fixed array", head.origin);
  head.version("fixed array", 0);
  const form = readElementForm(head);
  const { elementSize } = form;
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
  if (pages === 0) return readElements(walk, block, 0, count, form);

  const bitmap = block.take(bitmapBytes);
  const elements: ArrayElement[] = [];
  for (let page = 0; page < pages; page++) {
    if (!isPageWritten(bitmap, page)) continue;
    const first = page * pageLength;
    const here = Math.min(pageLength, count - first);
    const at = blockAddress + prefixSize + 4 + page * (pageLength * elementSize + 4);
    const cursor = await walk.read(at, here * elementSize + 4);
    checkBlock(cursor.bytes, "fixed array page", cursor.origin);
    appendAll(elements, readElements(walk, cursor, first, here, form));
  }
  return elements;
}
