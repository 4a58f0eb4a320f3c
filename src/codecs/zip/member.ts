/** One member of a zip: what it says of itself, and its content once checked. Spec: APPNOTE.TXT 4.3.8. */
import { crc32 } from "../../core/crc32.ts";
import { fail } from "../../core/error.ts";
import type { Limits } from "../../core/limits.ts";
import { bytesSource, partSource, type Source } from "../../core/source.ts";
import type { CentralRecord } from "./directory.ts";
import type { LocalPart } from "./local.ts";
import { withoutExtra, ZIP64_EXTRA } from "./records.ts";

/** Header fields beside name, sizes and checksum: what it takes to write a member back as it was. */
export interface ZipRaw {
  readonly versionMadeBy: number;
  readonly versionNeeded: number;
  readonly flags: number;
  /** In MS-DOS's packed forms, as stored. */
  readonly time: number;
  readonly date: number;
  readonly internalAttributes: number;
  readonly externalAttributes: number;
  /** Extra fields without ZIP64's. */
  readonly localExtra: Uint8Array;
  readonly centralExtra: Uint8Array;
  readonly comment: Uint8Array;
  /** Whether the local header has 64-bit sizes, needed or not. */
  readonly wide: boolean;
}

/** A member; its content is checked when it is first opened. */
export interface ZipMember {
  readonly name: string;
  readonly size: number;
  readonly compressedSize: number;
  readonly method: 0 | 8;
  readonly crc32: number;
  readonly directory: boolean;
  /** Where the stored bytes begin in the archive. */
  readonly offset: number;
  readonly raw: ZipRaw;
  /**
   * The content, its size and checksum verified: a stored member is read in place, a deflated one inflated into memory.
   * Throws `malformed/zip-size`, `malformed/zip-crc` or `malformed/zip-deflate`, naming the member.
   */
  open(): Promise<Source>;
  /** The content of a stored member, not verified; otherwise as `open`. */
  peek(): Promise<Source>;
  /** Throws what `open` throws; does nothing once the content has been verified. */
  verify(): Promise<void>;
}

const CHECK_CHUNK = 1024 * 1024;

/** The member that a record of the directory and its own header describe. */
export function makeMember(
  source: Source,
  record: CentralRecord,
  name: string,
  local: LocalPart,
  limits: Limits,
): ZipMember {
  const data = partSource(source, local.dataOffset, record.compressedSize, name);
  let isSound = false;
  let verified: Promise<Source> | undefined;
  const open = async (): Promise<Source> => {
    const content =
      record.method === 8
        ? await inflated(data, record, source.name, limits)
        : await (verified ??= checked(data, record, source.name));
    isSound = true;
    return content;
  };
  return {
    name,
    size: record.size,
    compressedSize: record.compressedSize,
    method: record.method as 0 | 8,
    crc32: record.crc32,
    directory: name.endsWith("/"),
    offset: local.dataOffset,
    raw: {
      versionMadeBy: record.versionMadeBy,
      versionNeeded: record.versionNeeded,
      flags: record.flags,
      time: record.time,
      date: record.date,
      internalAttributes: record.internalAttributes,
      externalAttributes: record.externalAttributes,
      localExtra: withoutExtra(local.extra, ZIP64_EXTRA),
      centralExtra: withoutExtra(record.extra, ZIP64_EXTRA),
      comment: record.comment,
      wide: local.wide,
    },
    open,
    peek: async () => (record.method === 8 ? open() : data),
    verify: async () => {
      if (!isSound) await open();
    },
  };
}

async function checked(data: Source, record: CentralRecord, file: string): Promise<Source> {
  let crc = 0;
  for (let at = 0; at < data.size; at += CHECK_CHUNK) {
    crc = crc32(await data.read(at, Math.min(CHECK_CHUNK, data.size - at)), crc);
  }
  checkCrc(crc, record, data.name, file);
  return data;
}

async function inflated(data: Source, record: CentralRecord, file: string, limits: Limits): Promise<Source> {
  const { inflate } = await import("./inflate.ts");
  const out = await inflate(data, record.size, file, limits);
  checkCrc(crc32(out), record, data.name, file);
  return bytesSource(out, data.name);
}

function checkCrc(crc: number, record: CentralRecord, path: string, file: string): void {
  if (crc === record.crc32) return;
  const hex = (n: number): string => n.toString(16).padStart(8, "0");
  fail("malformed/zip-crc", {
    source: "zip",
    file,
    path,
    message: "its content differs from its checksum",
    expected: hex(record.crc32),
    found: hex(crc),
  });
}
