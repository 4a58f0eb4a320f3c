/** Writes stored members as Python's `zipfile` does. Spec: APPNOTE.TXT 4.3; Lib/zipfile.py of CPython 3.11. */
import { concatBytes } from "../../core/bytes.ts";
import { crc32 } from "../../core/crc32.ts";
import { atMost, fail } from "../../core/error.ts";
import type { ZipRaw } from "./member.ts";
import {
  CENTRAL,
  END,
  END64,
  FLAG,
  LOCAL,
  LOCATOR64,
  MAX16,
  MAX32,
  SIGNATURE,
  sizeOfLayout,
  writeFields,
  zip64Extra,
} from "./records.ts";

/** A member to be written, stored without compression. */
export interface ZipEntry {
  readonly name: string;
  readonly size: number;
  /** The content; asked for twice, first for the checksum. */
  chunks(): AsyncIterable<Uint8Array>;
  /** `[year, month, day, hour, minute, second]`; without it the first of 1980, as `ZipFile.open(name, "w")` writes. */
  readonly date?: readonly [number, number, number, number, number, number];
  /** Header fields of a member that was read, to write it back as it was; the date among them gives way to `date`. */
  readonly raw?: Partial<ZipRaw>;
}

/** Python goes over to 64 bits at this size, not at 2^32. */
const ZIP64_LIMIT = 2 ** 31 - 1;
const ZIP64_VERSION = 45;
const MADE_BY_UNIX_2_0 = 0x0314;
const FILE_MODE = 0o600 * 2 ** 16;
const NONE = new Uint8Array(0);

/** The archive as chunks; each entry's content is asked for when its turn comes, twice. Throws `mismatch/size`. */
export function planZip(entries: readonly ZipEntry[]): { chunks(): AsyncIterable<Uint8Array> } {
  const names = new Set<string>();
  for (const { name } of entries) {
    if (names.has(name)) fail("mismatch/zip-duplicate", { source: "zip", path: name });
    names.add(name);
  }
  return {
    async *chunks() {
      const writer = new ZipHeaders();
      for (const entry of entries) {
        let crc = 0;
        for await (const chunk of counted(entry)) crc = crc32(chunk, crc);
        yield writer.local(entry, crc);
        yield* counted(entry);
      }
      yield writer.end();
    },
  };
}

async function* counted(entry: ZipEntry): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of entry.chunks()) {
    size += chunk.length;
    yield chunk;
  }
  if (size !== entry.size) {
    fail("mismatch/size", { source: "zip", path: entry.name, expected: `${entry.size} bytes`, found: `${size}` });
  }
}

/** Makes the headers around the members, in order, and keeps count of where they are. */
export class ZipHeaders {
  #offset = 0;
  readonly #central: Uint8Array[] = [];

  /** The header that goes before this member's `size` bytes. */
  local(entry: Omit<ZipEntry, "chunks">, crc: number): Uint8Array {
    const { raw, size } = entry;
    const name = new TextEncoder().encode(entry.name);
    atMost("limit/name-bytes", name.length, MAX16, "bytes", { source: "zip", path: entry.name });
    const wide = raw?.wide === true || size * 1.05 > ZIP64_LIMIT;
    const wideCentral = size > ZIP64_LIMIT;
    const wideOffset = this.#offset > ZIP64_LIMIT;
    const least = (version: number, is64: boolean): number => (is64 ? Math.max(version, ZIP64_VERSION) : version);
    const madeBy = raw?.versionMadeBy ?? MADE_BY_UNIX_2_0;
    const versionNeeded = least(raw?.versionNeeded ?? 20, wide);
    const shared = {
      flags: name.length === entry.name.length ? (raw?.flags ?? 0) & FLAG.utf8 : FLAG.utf8,
      method: 0,
      ...dosDate(entry),
      crc32: crc,
      nameLength: name.length,
    };
    const stored = wide ? MAX32 : size;
    const localExtra = concatBytes([raw?.localExtra ?? NONE, zip64Extra(wide ? [size, size] : [])]);
    const centralWide = [...(wideCentral ? [size, size] : []), ...(wideOffset ? [this.#offset] : [])];
    const centralExtra = concatBytes([zip64Extra(centralWide), raw?.centralExtra ?? NONE]);
    const comment = raw?.comment ?? NONE;
    const local = writeFields(
      LOCAL,
      {
        ...shared,
        signature: SIGNATURE.local,
        versionNeeded,
        compressedSize: stored,
        size: stored,
        extraLength: localExtra.length,
      },
      name,
      localExtra,
    );
    const central = {
      ...shared,
      signature: SIGNATURE.central,
      versionMadeBy: (madeBy & 0xff00) | least(madeBy & 255, wide || centralWide.length > 0),
      versionNeeded: least(versionNeeded, centralWide.length > 0),
      compressedSize: wideCentral ? MAX32 : size,
      size: wideCentral ? MAX32 : size,
      extraLength: centralExtra.length,
      commentLength: comment.length,
      disk: 0,
      internalAttributes: raw?.internalAttributes ?? 0,
      externalAttributes: raw?.externalAttributes ?? FILE_MODE,
      offset: wideOffset ? MAX32 : this.#offset,
    };
    this.#central.push(writeFields(CENTRAL, central, name, centralExtra, comment));
    this.#offset += local.length + size;
    return local;
  }

  /** The central directory and what ends the archive. */
  end(): Uint8Array {
    const directory = concatBytes(this.#central);
    const entries = this.#central.length;
    const where = { entries, diskEntries: entries, directorySize: directory.length, directoryOffset: this.#offset };
    const wide = entries > MAX16 || this.#offset > ZIP64_LIMIT || directory.length > ZIP64_LIMIT;
    const end64 = writeFields(END64, {
      ...where,
      signature: SIGNATURE.end64,
      recordSize: sizeOfLayout(END64) - 12,
      versionMadeBy: ZIP64_VERSION,
      versionNeeded: ZIP64_VERSION,
      disk: 0,
      directoryDisk: 0,
    });
    const endOffset = this.#offset + directory.length;
    const locator = writeFields(LOCATOR64, { signature: SIGNATURE.locator64, disk: 0, endOffset, disks: 1 });
    const end = writeFields(END, {
      signature: SIGNATURE.end,
      disk: 0,
      directoryDisk: 0,
      entries: Math.min(entries, MAX16),
      diskEntries: Math.min(entries, MAX16),
      directorySize: Math.min(directory.length, MAX32),
      directoryOffset: Math.min(this.#offset, MAX32),
      commentLength: 0,
    });
    return concatBytes([directory, ...(wide ? [end64, locator] : []), end]);
  }
}

function dosDate({ date, raw }: Pick<ZipEntry, "date" | "raw">): { time: number; date: number } {
  if (date === undefined) return { time: raw?.time ?? 0, date: raw?.date ?? (1 << 5) | 1 };
  const [year, month, day, hour, minute, second] = date;
  if (year < 1980 || year > 2107)
    fail("mismatch/zip-date", { source: "zip", expected: "1980 to 2107", found: `${year}` });
  return {
    time: (hour << 11) | (minute << 5) | (second >> 1),
    date: ((year - 1980) << 9) | (month << 5) | day,
  };
}
