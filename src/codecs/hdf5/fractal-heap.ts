/**
 * Fractal heaps, where dense links and attributes are kept.
 * HDF5 File Format Specification III.G "Disk Format: Level 1G - Fractal Heap".
 */
import { fail } from "../../core/error.ts";
import { readBtree2, RECORD } from "./btree2.ts";
import { checkBlock, lookup3 } from "./checksum.ts";
import { type Cursor, malformed } from "./cursor.ts";
import type { Walk } from "./file.ts";
import { bytesForCount, isPowerOfTwo, log2Floor } from "./integers.ts";

const DIRECT_CHECKSUM = 2;
const MANAGED = 0;
const HUGE = 1;
const TINY = 2;

interface HeapHeader {
  readonly address: number;
  readonly idLength: number;
  readonly checksummed: boolean;
  readonly hugeTree: number | null;
  /** Bytes of an object's offset and length inside an id. */
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** The doubling table: `width` blocks a row, from `start` bytes, the first two rows alike, then twice as large each. */
  readonly width: number;
  readonly start: number;
  readonly maxDirect: number;
  readonly root: number | null;
  /** Rows of the root indirect block; 0: the root is a direct block. */
  readonly rows: number;
}

async function readHeader(walk: Walk, address: number): Promise<HeapHeader> {
  walk.enter(address, "fractal heap");
  const { offset, length } = walk.file.widths;
  const head = await walk.read(address, 26 + 3 * offset + 12 * length);
  head.expect("FRHP");
  head.version("fractal heap", 0);
  const idLength = head.u16();
  const filterBytes = head.u16();
  if (filterBytes > 0)
    fail("unsupported/filter", { source: "hdf5", message: "a filtered fractal heap", offset: head.origin });
  checkBlock(head.bytes, "fractal heap", head.origin);
  const flags = head.u8();
  const maxManaged = head.u32();
  head.skip(length); // next id of a huge object
  const hugeTree = head.optionalAddress();
  head.skip(length + offset + 8 * length); // free space and statistics
  const width = head.u16();
  const start = head.length();
  const maxDirect = head.length();
  const heapBits = head.u16();
  head.skip(2); // rows to begin with
  const root = head.optionalAddress();
  const rows = head.u16();
  if (!isPowerOfTwo(width) || !isPowerOfTwo(start) || !isPowerOfTwo(maxDirect) || start > maxDirect || heapBits > 64) {
    malformed("impossible block sizes of a fractal heap", head.origin);
  }
  const lengthBytes = Math.min(bytesForCount(maxDirect), bytesForCount(maxManaged));
  const offsetBytes = Math.ceil(heapBits / 8);
  const checksummed = (flags & DIRECT_CHECKSUM) !== 0;
  return { address, idLength, checksummed, hugeTree, offsetBytes, lengthBytes, width, start, maxDirect, root, rows };
}

/** Objects by their ids: managed in blocks, huge or in the id itself. */
export class FractalHeap {
  readonly #walk: Walk;
  readonly #heap: HeapHeader;
  readonly #blocks = new Map<number, Promise<Cursor>>();
  #huge: Promise<ReadonlyMap<number, { address: number; length: number }>> | undefined;

  private constructor(walk: Walk, heap: HeapHeader) {
    this.#walk = walk;
    this.#heap = heap;
  }

  static async open(walk: Walk, address: number): Promise<FractalHeap> {
    return new FractalHeap(walk, await readHeader(walk, address));
  }

  get idLength(): number {
    return this.#heap.idLength;
  }

  /** The object that an id of `idLength` bytes stands for. */
  async object(id: Cursor): Promise<Cursor> {
    const flags = id.u8();
    switch ((flags >> 4) & 3) {
      case MANAGED:
        return this.#managed(id.uint(this.#heap.offsetBytes), id.uint(this.#heap.lengthBytes), id.origin);
      case HUGE:
        return this.#hugeObject(id);
      case TINY: {
        const extended = this.#heap.idLength > 17;
        return id.part((extended ? ((flags & 0xf) << 8) | id.u8() : flags & 0xf) + 1);
      }
      default:
        return malformed("an unknown kind of heap object", id.origin);
    }
  }

  /** Large objects are outside the heap, found by number in a B-tree. */
  async #hugeObject(id: Cursor): Promise<Cursor> {
    const { hugeTree } = this.#heap;
    const { length: lengthSize, offset: offsetSize } = this.#walk.file.widths;
    if (id.bytes.length > offsetSize + lengthSize) return this.#walk.read(id.address(), id.length());
    if (hugeTree === null) malformed("a large heap object without an index", id.origin);
    this.#huge ??= readBtree2(this.#walk, hugeTree, "attributes", RECORD.hugeObject).then(
      (records) =>
        new Map(
          records.map((record) => {
            const place = { address: record.address(), length: record.length() };
            return [record.length(), place];
          }),
        ),
    );
    const number = id.uint(Math.min(lengthSize, id.remaining));
    const place =
      (await this.#huge).get(number) ?? malformed("a large heap object that is not in its index", id.origin);
    return this.#walk.read(place.address, place.length);
  }

  async #managed(offset: number, length: number, idAt: number): Promise<Cursor> {
    const { root, rows, start } = this.#heap;
    if (root === null) malformed("an object of an empty heap", idAt);
    const block = rows === 0 ? { address: root, offset: 0, size: start } : await this.#locate(root, rows, offset);
    const bytes = await this.#direct(block.address, block.offset, block.size);
    const at = offset - block.offset;
    const prefix = 5 + this.#walk.file.widths.offset + this.#heap.offsetBytes + (this.#heap.checksummed ? 4 : 0);
    if (at < prefix || at + length > block.size) malformed("a heap object lies outside its block", idAt);
    bytes.at = at;
    return bytes.part(length);
  }

  /** Goes down the indirect blocks to the direct block that holds `offset`; sizes shrink at every step. */
  async #locate(
    root: number,
    rootRows: number,
    offset: number,
  ): Promise<{ address: number; offset: number; size: number }> {
    const { width, start, maxDirect } = this.#heap;
    let address = root;
    let rows = rootRows;
    let base = 0;
    for (;;) {
      const relative = offset - base;
      const row = relative < width * start ? 0 : log2Floor(relative / (width * start)) + 1;
      if (row >= rows) malformed("a heap object lies beyond its heap", this.#walk.file.base + address);
      const size = row < 2 ? start : start * 2 ** (row - 1);
      const rowStart = row === 0 ? 0 : width * start * 2 ** (row - 1);
      const column = Math.floor((relative - rowStart) / size);
      const block = await this.#indirect(address, base, rows);
      block.at = 5 + block.widths.offset + this.#heap.offsetBytes + (row * width + column) * block.widths.offset;
      const child = block.address();
      base += rowStart + column * size;
      if (size <= maxDirect) return { address: child, offset: base, size };
      address = child;
      rows = log2Floor(size) - log2Floor(start * width) + 1;
      if (rows < 1) malformed("an indirect block of a fractal heap has no rows", block.origin);
    }
  }

  #indirect(address: number, offset: number, rows: number): Promise<Cursor> {
    const { offset: offsetSize } = this.#walk.file.widths;
    const size = 9 + offsetSize + this.#heap.offsetBytes + rows * this.#heap.width * offsetSize;
    return this.#block("FHIB", address, offset, size, (block) =>
      checkBlock(block.bytes, "fractal heap block", block.origin),
    );
  }

  #direct(address: number, offset: number, size: number): Promise<Cursor> {
    return this.#block("FHDB", address, offset, size, (block) => {
      if (this.#heap.checksummed) checkDirect(block);
    });
  }

  /** Reads a block once; it must name this heap and its own offset. */
  #block(
    signature: string,
    address: number,
    offset: number,
    size: number,
    check: (block: Cursor) => void,
  ): Promise<Cursor> {
    const known = this.#blocks.get(address);
    if (known !== undefined) return known;
    const loading = this.#walk.read(address, size).then((block) => {
      block.expect(signature);
      block.version("fractal heap block", 0);
      const owner = block.address();
      if (owner !== this.#heap.address || block.uint(this.#heap.offsetBytes) !== offset)
        malformed("a block of another fractal heap", block.origin);
      check(block);
      return block;
    });
    this.#blocks.set(address, loading);
    return loading;
  }
}

/** The checksum of a direct block stands after its header and counts as zeros. */
function checkDirect(block: Cursor): void {
  const at = block.at;
  const stored = block.u32();
  const zeroed = block.bytes.slice();
  zeroed.fill(0, at, at + 4);
  if (lookup3(zeroed) !== stored)
    fail("malformed/checksum", { source: "hdf5", message: "checksum of a fractal heap block", offset: block.origin });
}
