/** The header in front of each member, compared with its record in the directory. Spec: APPNOTE.TXT 4.3.7 and 4.3.9. */
import { fail } from "../../core/error.ts";
import type { Source } from "../../core/source.ts";
import { type CentralRecord, wideValues } from "./directory.ts";
import { FLAG, LOCAL, MAX32, readFields, readUint64, SIGNATURE, sizeOfLayout } from "./records.ts";

const LOCAL_SIZE = sizeOfLayout(LOCAL);
const WINDOW = 4096;
/** Flags that change how a member is read; the others are hints of the compressor. */
const MEANT = Object.values(FLAG).reduce<number>((all, flag) => all | flag, 0);

type Read = (offset: number, length: number) => Promise<Uint8Array>;

/** Small reads near each other become one. */
export function windowed(source: Source): Read {
  let start = 0;
  let bytes: Uint8Array = new Uint8Array(0);
  return async (offset, length) => {
    if (offset < start || offset + length > start + bytes.length) {
      start = offset;
      bytes = await source.read(offset, Math.max(length, Math.min(WINDOW, source.size - offset)));
    }
    return bytes.subarray(offset - start, offset - start + length);
  };
}

/** What a local header adds to its directory record. */
export interface LocalPart {
  readonly extra: Uint8Array;
  readonly wide: boolean;
  readonly dataOffset: number;
  /** After the data and its descriptor. */
  readonly end: number;
}

/** Reads the header and compares it with the record; `stop` is where the member must end. Throws `malformed/zip`. */
export async function readLocal(
  source: Source,
  read: Read,
  record: CentralRecord,
  name: string,
  stop: number,
): Promise<LocalPart> {
  const bad = (message: string): never =>
    fail("malformed/zip", { source: "zip", file: source.name, path: name, message, offset: record.offset });
  if (record.offset + LOCAL_SIZE > stop) bad("its local header lies outside the members");
  const fixed = readFields(LOCAL, await read(record.offset, LOCAL_SIZE), 0);
  if (fixed.signature !== SIGNATURE.local) bad("no local header where the directory says");
  const dataOffset = record.offset + LOCAL_SIZE + fixed.nameLength + fixed.extraLength;
  if (dataOffset + record.compressedSize > stop) bad("it reaches into the central directory");
  const variable = (await read(record.offset + LOCAL_SIZE, fixed.nameLength + fixed.extraLength)).slice();
  const localName = variable.subarray(0, fixed.nameLength);
  const extra = variable.subarray(fixed.nameLength);
  if (localName.length !== record.name.length || localName.some((byte, i) => byte !== record.name[i])) {
    bad("its local header has another name");
  }
  if (fixed.method !== record.method) bad("its local header has another method");
  if ((fixed.flags & MEANT) !== (record.flags & MEANT)) bad("its local header has other flags");
  const wide = wideValues(source, extra, [fixed.size === MAX32, fixed.compressedSize === MAX32]);
  const sizes = [wide[0] ?? fixed.size, wide[1] ?? fixed.compressedSize, fixed.crc32];
  const real = [record.size, record.compressedSize, record.crc32];
  const streamed = (record.flags & FLAG.descriptor) !== 0;
  if (!sizes.every((value, i) => value === real[i] || (streamed && value === 0))) {
    bad("its local header has other sizes or another checksum");
  }
  const dataEnd = dataOffset + record.compressedSize;
  const descriptor = streamed ? await descriptorSize(read, dataEnd, stop, record) : 0;
  if (streamed && descriptor === 0) bad("its data descriptor is missing or differs");
  return { extra, wide: wide.length > 0, dataOffset, end: dataEnd + descriptor };
}

/** Data descriptors come with and without signature, with sizes of 4 or 8 bytes; 0 when none fits. */
async function descriptorSize(read: Read, at: number, stop: number, record: CentralRecord): Promise<number> {
  const bytes = await read(at, Math.min(24, stop - at));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [signed, wide] of [
    [4, false],
    [4, true],
    [0, false],
    [0, true],
  ] as const) {
    const size = signed + (wide ? 20 : 12);
    if (size > bytes.length) continue;
    if (signed && view.getUint32(0, true) !== SIGNATURE.descriptor) continue;
    if (view.getUint32(signed, true) !== record.crc32) continue;
    const compressed = wide ? readUint64(view, signed + 4) : view.getUint32(signed + 4, true);
    const full = wide ? readUint64(view, signed + 12) : view.getUint32(signed + 8, true);
    if (compressed === record.compressedSize && full === record.size) return size;
  }
  return 0;
}
