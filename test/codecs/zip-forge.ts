/** Builds zips that no honest writer would: any header field may be given a value of its own. */
import { deflateSync } from "fflate";
import { CENTRAL, END, type RecordFields, LOCAL, SIGNATURE, writeFields } from "../../src/codecs/zip/records.ts";
import { concatBytes } from "../../src/core/bytes.ts";
import { crc32 } from "../../src/core/crc32.ts";

export interface ForgedMember {
  readonly name: string | Uint8Array;
  readonly data?: string | Uint8Array;
  readonly deflate?: boolean;
  readonly local?: Partial<RecordFields<typeof LOCAL>>;
  readonly central?: Partial<RecordFields<typeof CENTRAL>>;
  /** Replaces the name in the local header. */
  readonly localName?: string;
  readonly localExtra?: Uint8Array;
  readonly centralExtra?: Uint8Array;
  /** Bytes after the data. */
  readonly after?: Uint8Array;
}

export interface ForgedArchive {
  readonly before?: Uint8Array;
  readonly beforeDirectory?: Uint8Array;
  readonly end?: Partial<RecordFields<typeof END>>;
  readonly comment?: Uint8Array;
  readonly after?: Uint8Array;
  /** Whether offsets count from the first member instead of the start of the file. */
  readonly relative?: boolean;
}

const bytesOf = (text: string | Uint8Array): Uint8Array =>
  typeof text === "string" ? new TextEncoder().encode(text) : text;
const NONE = new Uint8Array(0);

export function forgeZip(members: readonly ForgedMember[], archive: ForgedArchive = {}): Uint8Array {
  const before = archive.before ?? NONE;
  const body: Uint8Array[] = [before];
  const central: Uint8Array[] = [];
  const shift = archive.relative ? before.length : 0;
  const length = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0);
  for (const member of members) {
    const content = bytesOf(member.data ?? "");
    const stored = member.deflate ? deflateSync(content) : content;
    const name = bytesOf(member.name);
    const localName = bytesOf(member.localName ?? name);
    const localExtra = member.localExtra ?? NONE;
    const centralExtra = member.centralExtra ?? NONE;
    const shared = {
      versionNeeded: 20,
      flags: 2048,
      method: member.deflate ? 8 : 0,
      time: 0,
      date: 33,
      crc32: crc32(content),
      compressedSize: stored.length,
      size: content.length,
      nameLength: name.length,
    };
    const record = {
      ...shared,
      signature: SIGNATURE.central,
      versionMadeBy: 0x0314,
      extraLength: centralExtra.length,
      commentLength: 0,
      disk: 0,
      internalAttributes: 0,
      externalAttributes: 0,
      offset: length(body) - shift,
      ...member.central,
    };
    central.push(writeFields(CENTRAL, record, name, centralExtra));
    const local = {
      ...shared,
      signature: SIGNATURE.local,
      nameLength: localName.length,
      extraLength: localExtra.length,
      ...member.local,
    };
    body.push(writeFields(LOCAL, local, localName, localExtra), stored, member.after ?? NONE);
  }
  body.push(archive.beforeDirectory ?? NONE);
  const directory = concatBytes(central);
  const comment = archive.comment ?? NONE;
  const end = {
    signature: SIGNATURE.end,
    disk: 0,
    directoryDisk: 0,
    diskEntries: members.length,
    entries: members.length,
    directorySize: directory.length,
    directoryOffset: length(body) - shift,
    commentLength: comment.length,
    ...archive.end,
  };
  return concatBytes([...body, directory, writeFields(END, end), comment, archive.after ?? NONE]);
}
