/** Undoes what was done to chunks before they were stored. */
import { fail } from "../../core/error.ts";
import { malformed } from "./cursor.ts";
import { FILTER, type Filter } from "./filters.ts";
import { inflate } from "./inflate.ts";

const CHECKSUM_SIZE = 4;

/** Undoes the filters whose bit is not set in `mask`, last one first. The result must have `size` bytes. */
export function unfilter(stored: Uint8Array, filters: readonly Filter[], mask: number, size: number): Uint8Array {
  let bytes = stored;
  for (let i = filters.length - 1; i >= 0; i--) {
    if ((mask & (1 << i)) === 0) bytes = undo(filters[i]!, bytes, size + filters.length * CHECKSUM_SIZE);
  }
  if (bytes.length !== size) malformed(`a chunk has ${bytes.length} bytes in place of ${size}`);
  return bytes;
}

function undo({ id, name, values }: Filter, bytes: Uint8Array, limit: number): Uint8Array {
  switch (id) {
    case FILTER.deflate:
      return inflate(bytes, limit);
    case FILTER.shuffle:
      return unshuffle(bytes, values[0] ?? 1);
    case FILTER.fletcher32:
      return checkedFletcher(bytes);
    default:
      return fail("unsupported/filter", {
        source: "hdf5",
        message: "chunks went through a filter that is not known here",
        found: `${id} ${name}`.trim(),
      });
  }
}

/** The bytes of each value were stored apart: first all first bytes, then all second ones; what is left over at the end. */
function unshuffle(bytes: Uint8Array, size: number): Uint8Array {
  const count = Math.floor(bytes.length / size);
  if (size <= 1 || count <= 1) return bytes;
  const out = new Uint8Array(bytes.length);
  for (let byte = 0; byte < size; byte++) {
    for (let i = 0; i < count; i++) out[i * size + byte] = bytes[byte * count + i]!;
  }
  out.set(bytes.subarray(count * size), count * size);
  return out;
}

/** Compares and removes the checksum at the end. Old libraries on little-endian machines stored its halves swapped. */
function checkedFletcher(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - CHECKSUM_SIZE;
  if (end < 0) malformed("a chunk is shorter than its fletcher32 checksum");
  const stored = new DataView(bytes.buffer, bytes.byteOffset + end, CHECKSUM_SIZE).getUint32(0, true);
  const computed = fletcher32(bytes.subarray(0, end));
  const swappedHalves = (((computed & 0x00ff00ff) << 8) | ((computed >>> 8) & 0x00ff00ff)) >>> 0;
  if (stored !== computed && stored !== swappedHalves) {
    fail("malformed/checksum", {
      source: "hdf5",
      message: "fletcher32 checksum of a chunk",
      expected: `${stored}`,
      found: `${computed}`,
    });
  }
  return bytes.subarray(0, end);
}

/** Sums of big-endian 16-bit words modulo 65535 (in HDF5 zero may also be 65535, when the sum is not zero). */
function fletcher32(bytes: Uint8Array): number {
  const run = 360;
  let low = 0;
  let high = 0;
  const fold = (sum: number): number => (sum & 0xffff) + (sum >>> 16);
  for (let start = 0; start < bytes.length; start += 2 * run) {
    const end = Math.min(start + 2 * run, bytes.length);
    for (let i = start; i < end; i += 2) {
      low += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
      high += low;
    }
    low = fold(low);
    high = fold(high);
  }
  low = fold(low);
  high = fold(high);
  return ((high << 16) | low) >>> 0;
}
