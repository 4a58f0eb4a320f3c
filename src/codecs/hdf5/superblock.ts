/**
 * Where a file begins: versions 0 to 3.
 * HDF5 File Format Specification II.A "Disk Format: Level 0A - Format Signature and Superblock".
 */
import { atMost, fail } from "../../core/error.ts";
import type { Limits } from "../../core/limits.ts";
import type { Source } from "../../core/source.ts";
import { checkBlock } from "./checksum.ts";
import { Cursor, malformed } from "./cursor.ts";
import { Hdf5File } from "./file.ts";

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** The longest superblock: version 1 with offsets and lengths of 8 bytes. */
const MAX_BYTES = 100;
const FIRST_USER_BLOCK = 512;
const REST_BYTES = 1024 * 1024;

function hasSignature(bytes: Uint8Array, at: number): boolean {
  return SIGNATURE.every((byte, i) => bytes[at + i] === byte);
}

/** Where the superblock is: 0, 512, 1024, 2048 …, the first place that bears the signature; null where none does. */
export async function findSuperblock(source: Source): Promise<number | null> {
  for (let at = 0; at + SIGNATURE.length <= source.size; at = Math.max(FIRST_USER_BLOCK, at * 2)) {
    if (hasSignature(await source.read(at, SIGNATURE.length), 0)) return at;
  }
  return null;
}

/** Refuses what follows the end of the file that the superblock gives, unless it is all zero. */
async function checkRest(source: Source, end: number): Promise<void> {
  for (let at = end; at < source.size; at += REST_BYTES) {
    const rest = await source.read(at, Math.min(REST_BYTES, source.size - at));
    const found = rest.findIndex((byte) => byte !== 0);
    if (found < 0) continue;
    fail("malformed/two-formats", {
      source: "hdf5",
      message: "the file goes on behind the end that its superblock gives",
      expected: `${end} bytes`,
      found: `${source.size}`,
      offset: at + found,
    });
  }
}

/** Opens the file and tells the address of the root group's object header. */
export async function readSuperblock(source: Source, limits: Limits): Promise<{ file: Hdf5File; root: number }> {
  atMost("limit/file-bytes", source.size, limits.fileBytes, "bytes", {
    source: "hdf5",
    message: "the file exceeds limits.fileBytes",
  });
  const base = await findSuperblock(source);
  if (base === null) malformed("no HDF5 signature", 0);
  const bytes = await source.read(base, Math.min(MAX_BYTES, source.size - base));
  if (bytes.length < 16) malformed("the superblock ends too early", base + bytes.length);
  const version = bytes[8]!;
  const modern = version >= 2;
  const widths = modern ? { offset: bytes[9]!, length: bytes[10]! } : { offset: bytes[13]!, length: bytes[14]! };
  const cursor = new Cursor(bytes, base, widths);
  cursor.skip(8);
  cursor.version("superblock", 0, 1, 2, 3);
  for (const width of [widths.offset, widths.length]) {
    if (width !== 4 && width !== 8) malformed(`offsets or lengths of ${width} bytes`, base + (modern ? 9 : 13));
  }
  cursor.at = modern ? 12 : version === 1 ? 28 : 24;
  const recordedBase = cursor.address(); // stale where a user block was added later: the signature's place counts
  cursor.optionalAddress(); // superblock extension or free space
  const end = cursor.address() - recordedBase;
  if (base + end > source.size) {
    fail("malformed/truncated", {
      source: "hdf5",
      message: "the file is shorter than its superblock says",
      expected: `${base + end} bytes`,
      found: `${source.size}`,
      offset: source.size,
    });
  }
  await checkRest(source, base + end);
  if (!modern) {
    cursor.optionalAddress(); // driver information
    cursor.skip(widths.offset); // the root's name
  }
  const root = cursor.address();
  if (modern) checkBlock(bytes.subarray(0, cursor.at + 4), "superblock", base);
  return { file: new Hdf5File(source, limits, base, widths), root };
}
