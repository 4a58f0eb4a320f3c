/** The end of a zip and its central directory. Spec: APPNOTE.TXT 4.3.12 to 4.3.16. */
import { fail } from "../../core/error.ts";
import type { Limits } from "../../core/limits.ts";
import type { Source } from "../../core/source.ts";
import {
  CENTRAL,
  END,
  END64,
  type RecordFields,
  findExtra,
  LOCATOR64,
  MAX16,
  MAX32,
  readFields,
  readUint64,
  SIGNATURE,
  sizeOfLayout,
  ZIP64_EXTRA,
} from "./records.ts";

const END_SIZE = sizeOfLayout(END);
const END64_SIZE = sizeOfLayout(END64);
const LOCATOR64_SIZE = sizeOfLayout(LOCATOR64);
const CENTRAL_SIZE = sizeOfLayout(CENTRAL);
/** One directory record with its name, extra fields and comment; far more than any writer needs on average. */
const MEAN_RECORD_BYTES = 1024;

/** A record of the central directory, 64-bit sizes resolved, `offset` from the start of the file. */
export interface CentralRecord extends RecordFields<typeof CENTRAL> {
  readonly name: Uint8Array;
  readonly extra: Uint8Array;
  readonly comment: Uint8Array;
}

/** The central directory of a zip. */
export interface Directory {
  readonly records: readonly CentralRecord[];
  /** Where the central directory begins: the members end here. */
  readonly start: number;
  /** Bytes before the first member; they must hold no member. */
  readonly prefix: number;
}

interface End {
  readonly entries: number;
  readonly directorySize: number;
  readonly directoryOffset: number;
  /** Where the end records begin: the directory ends here. */
  readonly start: number;
}

/** Finds and reads it, zip64 included. Throws `malformed/zip`, `limit/entries`, `unsupported/zip-disks`. */
export async function readDirectory(source: Source, limits: Limits): Promise<Directory> {
  const end = await findEnd(source);
  if (end.entries > limits.entries) {
    const found = `${end.entries}`;
    fail("limit/entries", { source: "zip", file: source.name, expected: `at most ${limits.entries} members`, found });
  }
  if (end.directorySize > limits.entries * MEAN_RECORD_BYTES) {
    const expected = `a directory of at most ${limits.entries * MEAN_RECORD_BYTES} bytes`;
    fail("limit/entries", { source: "zip", file: source.name, expected, found: `${end.directorySize} bytes` });
  }
  const start = end.start - end.directorySize;
  const prefix = start - end.directoryOffset;
  if (prefix < 0) malformed(source, "the central directory does not fit before the end record", end.start);
  const bytes = await source.read(start, end.directorySize);
  const records: CentralRecord[] = [];
  let at = 0;
  for (let i = 0; i < end.entries; i++) {
    const record = readCentral(source, bytes, at, start, prefix);
    at += CENTRAL_SIZE + record.name.length + record.extra.length + record.comment.length;
    records.push(record);
  }
  if (at !== bytes.length) malformed(source, "the central directory has another size than its records", start + at);
  return { records, start, prefix };
}

function malformed(source: Source, message: string, offset?: number): never {
  fail("malformed/zip", { source: "zip", file: source.name, message, offset });
}

async function findEnd(source: Source): Promise<End> {
  const length = Math.min(source.size, END_SIZE + MAX16 + END64_SIZE + LOCATOR64_SIZE);
  const tail = await source.read(source.size - length, length);
  const base = source.size - length;
  const at = lastSignature(tail, SIGNATURE.end, tail.length - END_SIZE);
  if (at < 0) malformed(source, "no end of central directory: this is no zip, or its end is missing");
  const end = readFields(END, tail, at);
  const after = at + END_SIZE + end.commentLength;
  if (after > tail.length) malformed(source, "the archive comment is cut short", base + at);
  // Bytes after the end are harmless only where no reader could take them for records.
  if (holdsSignature(tail.subarray(at + END_SIZE))) malformed(source, "records after the end record", base + at);
  if (end.disk !== 0 || end.directoryDisk !== 0) {
    fail("unsupported/zip-disks", { source: "zip", file: source.name, message: "an archive of several parts" });
  }
  if (end.diskEntries !== end.entries) malformed(source, "two counts of members that differ", base + at);
  const wide = wideEnd(source, tail, at, base);
  if (wide === undefined) return { ...end, start: base + at };
  for (const [field, marker] of [
    ["entries", MAX16],
    ["directorySize", MAX32],
    ["directoryOffset", MAX32],
  ] as const) {
    if (end[field] !== marker && end[field] !== wide[field])
      malformed(source, "two end records that differ", base + at);
  }
  return wide;
}

/** The ZIP64 end record, when its locator stands right before the plain one. */
function wideEnd(source: Source, tail: Uint8Array, endAt: number, base: number): End | undefined {
  const locatorAt = endAt - LOCATOR64_SIZE;
  if (locatorAt < 0 || signatureAt(tail, locatorAt) !== SIGNATURE.locator64) return undefined;
  const locator = readFields(LOCATOR64, tail, locatorAt);
  const at = locatorAt - END64_SIZE;
  const end = at < 0 ? undefined : readFields(END64, tail, at);
  if (end === undefined || end.signature !== SIGNATURE.end64 || end.recordSize !== END64_SIZE - 12) {
    malformed(source, "a ZIP64 locator without its end record", base + locatorAt);
  }
  if (locator.disk !== 0 || locator.disks > 1 || end.disk !== 0 || end.directoryDisk !== 0) {
    fail("unsupported/zip-disks", { source: "zip", file: source.name, message: "an archive of several parts" });
  }
  if (end.diskEntries !== end.entries) malformed(source, "two counts of members that differ", base + at);
  return { ...end, start: base + at };
}

function lastSignature(bytes: Uint8Array, signature: number, from: number): number {
  for (let at = from; at >= 0; at--) if (signatureAt(bytes, at) === signature) return at;
  return -1;
}

/** Whether any record of a zip could begin in these bytes. */
export function holdsSignature(bytes: Uint8Array): boolean {
  const known: readonly number[] = Object.values(SIGNATURE);
  for (let at = 0; at + 4 <= bytes.length; at++) {
    if (bytes[at] === 0x50 && known.includes(signatureAt(bytes, at))) return true;
  }
  return false;
}

function signatureAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

function readCentral(source: Source, bytes: Uint8Array, at: number, base: number, prefix: number): CentralRecord {
  if (at + CENTRAL_SIZE > bytes.length) malformed(source, "the central directory is cut short", base + at);
  const fixed = readFields(CENTRAL, bytes, at);
  if (fixed.signature !== SIGNATURE.central) malformed(source, "no record of the central directory", base + at);
  const name = at + CENTRAL_SIZE;
  const extra = name + fixed.nameLength;
  const comment = extra + fixed.extraLength;
  const end = comment + fixed.commentLength;
  if (end > bytes.length) malformed(source, "the central directory is cut short", base + at);
  const extras = bytes.subarray(extra, comment);
  const wide = wideValues(source, extras, [
    fixed.size === MAX32,
    fixed.compressedSize === MAX32,
    fixed.offset === MAX32,
  ]);
  if (fixed.disk !== 0 && !(fixed.disk === MAX16 && wide.length > 0)) {
    fail("unsupported/zip-disks", { source: "zip", file: source.name, message: "an archive of several parts" });
  }
  return Object.assign(fixed, {
    size: wide[0] ?? fixed.size,
    compressedSize: wide[1] ?? fixed.compressedSize,
    offset: (wide[2] ?? fixed.offset) + prefix,
    name: bytes.subarray(name, extra),
    extra: extras,
    comment: bytes.subarray(comment, end),
  });
}

/** 64-bit values from the ZIP64 extra field, for those asked for, in the field's order. */
export function wideValues(
  source: Source,
  extra: Uint8Array,
  wanted: readonly boolean[],
): readonly (number | undefined)[] {
  if (!wanted.includes(true)) return [];
  const field = findExtra(extra, ZIP64_EXTRA);
  const needed = 8 * wanted.filter(Boolean).length;
  if (field === undefined || field.length < needed) malformed(source, "a ZIP64 mark without its extra field");
  const view = new DataView(field.buffer, field.byteOffset, field.byteLength);
  let at = -8;
  return wanted.map((want) => (want ? readUint64(view, (at += 8)) : undefined));
}
