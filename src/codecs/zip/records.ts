/** The fixed parts of a zip's records, one table each for reading and writing. Spec: APPNOTE.TXT 4.3 and 4.5.3. */
import { concatBytes } from "../../core/bytes.ts";
import { fail } from "../../core/error.ts";

type Layout = readonly (readonly [name: string, bytes: 2 | 4 | 8])[];
export type RecordFields<L extends Layout> = Record<L[number][0], number>;

/** What a local header and the central directory say of a member alike. */
const MEMBER = [
  ["flags", 2],
  ["method", 2],
  ["time", 2],
  ["date", 2],
  ["crc32", 4],
  ["compressedSize", 4],
  ["size", 4],
  ["nameLength", 2],
  ["extraLength", 2],
] as const satisfies Layout;

export const LOCAL = [["signature", 4], ["versionNeeded", 2], ...MEMBER] as const satisfies Layout;

export const CENTRAL = [
  ["signature", 4],
  ["versionMadeBy", 2],
  ["versionNeeded", 2],
  ...MEMBER,
  ["commentLength", 2],
  ["disk", 2],
  ["internalAttributes", 2],
  ["externalAttributes", 4],
  ["offset", 4],
] as const satisfies Layout;

export const END = [
  ["signature", 4],
  ["disk", 2],
  ["directoryDisk", 2],
  ["diskEntries", 2],
  ["entries", 2],
  ["directorySize", 4],
  ["directoryOffset", 4],
  ["commentLength", 2],
] as const satisfies Layout;

export const END64 = [
  ["signature", 4],
  ["recordSize", 8],
  ["versionMadeBy", 2],
  ["versionNeeded", 2],
  ["disk", 4],
  ["directoryDisk", 4],
  ["diskEntries", 8],
  ["entries", 8],
  ["directorySize", 8],
  ["directoryOffset", 8],
] as const satisfies Layout;

export const LOCATOR64 = [
  ["signature", 4],
  ["disk", 4],
  ["endOffset", 8],
  ["disks", 4],
] as const satisfies Layout;

/** `PK` and two more bytes, as little-endian numbers. */
export const SIGNATURE = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
  descriptor: 0x08074b50,
} as const;

/** General purpose flags. */
export const FLAG = {
  encrypted: 1,
  descriptor: 8,
  patched: 32,
  strongEncryption: 64,
  utf8: 2048,
  masked: 8192,
} as const;

export const MAX16 = 0xffff;
export const MAX32 = 0xffffffff;
export const ZIP64_EXTRA = 1;

/** Bytes of a record's fixed part. */
export function sizeOfLayout(layout: Layout): number {
  return layout.reduce((sum, [, bytes]) => sum + bytes, 0);
}

/** The fields of a record; the caller has checked that it lies inside `bytes`. */
export function readFields<L extends Layout>(layout: L, bytes: Uint8Array, at: number): RecordFields<L> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: Record<string, number> = {};
  for (const [name, size] of layout) {
    if (size === 8) values[name] = readUint64(view, at);
    else values[name] = size === 4 ? view.getUint32(at, true) : view.getUint16(at, true);
    at += size;
  }
  return values as RecordFields<L>;
}

/** A little-endian 64-bit number. Throws `malformed/zip` beyond 2^53. */
export function readUint64(view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) fail("malformed/zip", { source: "zip", message: "a size beyond 2^53" });
  return value;
}

/** The fixed part of a record, then the rest as it is. */
export function writeFields<L extends Layout>(layout: L, values: RecordFields<L>, ...rest: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(sizeOfLayout(layout));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [name, size] of layout) {
    const value = values[name as L[number][0]];
    if (size === 8) view.setBigUint64(at, BigInt(value), true);
    else if (size === 4) view.setUint32(at, value, true);
    else view.setUint16(at, value, true);
    at += size;
  }
  return concatBytes([bytes, ...rest]);
}

/** The content of the first extra field with this id. */
export function findExtra(extra: Uint8Array, id: number): Uint8Array | undefined {
  for (const [found, start, end] of extraFields(extra)) if (found === id) return extra.subarray(start, end);
  return undefined;
}

/** The list of extra fields without those of one id. */
export function withoutExtra(extra: Uint8Array, id: number): Uint8Array {
  const kept: Uint8Array[] = [];
  let from = 0;
  for (const [found, start, end] of extraFields(extra)) {
    if (found !== id) continue;
    kept.push(extra.subarray(from, start - 4));
    from = end;
  }
  return from === 0 ? extra : concatBytes([...kept, extra.subarray(from)]);
}

/** A list of 64-bit values as the ZIP64 extra field. */
export function zip64Extra(values: readonly number[]): Uint8Array {
  if (values.length === 0) return new Uint8Array(0);
  const bytes = new Uint8Array(4 + 8 * values.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, ZIP64_EXTRA, true);
  view.setUint16(2, 8 * values.length, true);
  for (const [i, value] of values.entries()) view.setBigUint64(4 + 8 * i, BigInt(value), true);
  return bytes;
}

/** `[id, start, end]` of each field; what is no whole field at the end (padding of some writers) is passed over. */
function* extraFields(extra: Uint8Array): Generator<[number, number, number]> {
  const view = new DataView(extra.buffer, extra.byteOffset, extra.byteLength);
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (end > extra.length) return;
    yield [view.getUint16(at, true), at + 4, end];
    at = end;
  }
}
