/** Opens a zip: every local header agrees with the directory, and members, directory and end fill the file exactly. */
import { fail, type Problem } from "../../core/error.ts";
import type { Limits } from "../../core/limits.ts";
import type { Source } from "../../core/source.ts";
import { type CentralRecord, holdsSignature, readDirectory } from "./directory.ts";
import { readLocal, windowed } from "./local.ts";
import { makeMember, type ZipMember } from "./member.ts";
import { decodeMemberName } from "./names.ts";
import { FLAG } from "./records.ts";

/** What may stand before the first member, such as a self-extractor's stub. */
const MAX_PREFIX = 1024 * 1024;
const FILE_TYPES = 0o170000;
const PLAIN_TYPES: readonly number[] = [0, 0o100000, 0o040000];
const UNIX = 3;

/**
 * The members by name, in the order of the directory. Nothing is decompressed and no checksum verified until a member is
 * opened. Throws `malformed/zip…`, `unsupported/zip-…` or `limit/…`, naming the member.
 */
export async function openZip(source: Source, limits: Limits): Promise<ReadonlyMap<string, ZipMember>> {
  if (source.size > limits.fileBytes) {
    const expected = `at most ${limits.fileBytes} bytes`;
    fail("limit/file-bytes", { source: "zip", file: source.name, expected, found: `${source.size} bytes` });
  }
  const directory = await readDirectory(source, limits);
  const names = new Set<string>();
  const records = directory.records.map((record) => {
    const name = decodeMemberName(record.name, limits, source.name);
    if (names.has(name)) {
      const message = "two members of this name";
      fail("malformed/zip-duplicate", { source: "zip", file: source.name, path: name, message });
    }
    names.add(name);
    checkRecord(record, name, limits, source);
    return { record, name };
  });
  checkExpansion(directory.records, limits, { source: "zip", file: source.name });

  const reader = windowed(source);
  const members = new Map<string, ZipMember>();
  let at: number | undefined;
  for (const { record, name } of [...records].sort((a, b) => a.record.offset - b.record.offset)) {
    if (at === undefined) await checkPrefix(source, record.offset);
    else if (record.offset !== at) {
      const message = record.offset < at ? "two members overlap" : "bytes between two members";
      fail("malformed/zip", { source: "zip", file: source.name, path: name, message, offset: record.offset });
    }
    const local = await readLocal(source, reader, record, name, directory.start);
    members.set(name, makeMember(source, record, name, local, limits));
    at = local.end;
  }
  if (at === undefined) await checkPrefix(source, directory.start);
  else if (at !== directory.start) {
    fail("malformed/zip", {
      source: "zip",
      file: source.name,
      message: "bytes before the central directory",
      offset: at,
    });
  }
  return new Map(records.map(({ name }) => [name, members.get(name)!]));
}

function checkRecord(record: CentralRecord, name: string, limits: Limits, source: Source): void {
  const where = { source: "zip", file: source.name, path: name };
  const { flags, method } = record;
  if (flags & (FLAG.encrypted | FLAG.strongEncryption | FLAG.masked)) {
    fail("unsupported/zip-encryption", { ...where, message: "an encrypted member" });
  }
  if (flags & FLAG.patched) fail("unsupported/zip-method", { ...where, found: "compressed patched data" });
  if (method !== 0 && method !== 8) {
    fail("unsupported/zip-method", { ...where, expected: "stored or deflated", found: `method ${method}` });
  }
  if (method === 0 && record.size !== record.compressedSize) {
    const expected = `${record.compressedSize} bytes, as stored`;
    fail("malformed/zip-size", { ...where, expected, found: `${record.size} bytes` });
  }
  const type = (record.externalAttributes >>> 16) & FILE_TYPES;
  if (record.versionMadeBy >> 8 === UNIX && !PLAIN_TYPES.includes(type)) {
    fail("unsupported/zip-link", { ...where, message: "a member that is a link or device" });
  }
  if (name.endsWith("/") && record.size !== 0) fail("malformed/zip", { ...where, message: "a folder with content" });
  checkExpansion([record], limits, where);
}

/** Refuses what would inflate out of proportion: each member, and all of them together. */
function checkExpansion(records: readonly CentralRecord[], limits: Limits, where: Omit<Problem, "code">): void {
  let size = 0;
  let compressed = 0;
  for (const record of records) {
    size += record.size;
    compressed += record.compressedSize;
  }
  if (size > limits.ratioFloor && size > compressed * limits.expansionRatio) {
    const expected = `at most ${limits.expansionRatio} bytes from one`;
    fail("limit/expansion-ratio", { ...where, expected, found: `${size} bytes from ${compressed}` });
  }
}

async function checkPrefix(source: Source, length: number): Promise<void> {
  if (length === 0) return;
  const harmless = length <= MAX_PREFIX && !holdsSignature(await source.read(0, length));
  if (!harmless) fail("malformed/zip", { source: "zip", file: source.name, message: "bytes before the first member" });
}
