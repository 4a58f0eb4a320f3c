/** What detection may look at: the first bytes, and the names of members. Contents decide, never a file's name. */
import { type Hdf5Group, isHdf5, openHdf5 } from "../codecs/hdf5.ts";
import { decodeText } from "../codecs/json.ts";
import { fail, located } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Source } from "../core/source.ts";
import type { Members } from "../formats/members.ts";
import { zipMembers } from "./members.ts";

const HEAD_BYTES = 64 * 1024;
/** The end record of a zip and the longest comment after it. */
const TAIL_BYTES = 22 + 65535;

export interface Probe {
  readonly source: Source;
  readonly head: Uint8Array;
  /** The first bytes that are no white space and no byte order mark, as text. */
  readonly text: string;
  /** The members, where the file is a zip or the input a folder. */
  readonly members: Members | null;
  /** The root group, where the file is HDF5. */
  readonly hdf5: Hdf5Group | null;
}

/** Refuses what cannot be a model whatever it holds (`malformed/empty`, `limit/file-bytes`), and opens containers. */
export async function probe(source: Source, limits: Limits): Promise<Probe> {
  if (source.size > limits.fileBytes) {
    const expected = `at most ${limits.fileBytes} bytes`;
    fail("limit/file-bytes", { file: source.name, expected, found: `${source.size} bytes` });
  }
  if (source.size === 0) fail("malformed/empty", { file: source.name, message: "the file is empty" });
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  // A zip comes first: a stored .h5 member may happen to begin where HDF5 looks past a user block.
  const isZip = startsWith(head, "PK\x03\x04") || startsWith(head, "PK\x05\x06");
  const isHdf = !isZip && isHdf5(head);
  const text = isHdf || isZip ? "" : leadingText(head);
  const zip = isZip || (!isHdf && !/^[{["]/.test(text) && (await hasZipEnd(source)));
  return {
    source,
    head,
    text,
    members: zip ? await located({ file: source.name }, () => zipMembers(source, limits)) : null,
    hdf5: isHdf ? await located({ file: source.name }, () => openHdf5(source, limits)) : null,
  };
}

/** The probe of a folder: its files are its members. */
export function probeFolder(members: Members): Probe {
  const source: Source = {
    name: members.name,
    size: members.size,
    read: async () => fail("unsupported/format", { file: members.name, message: "a folder" }),
    close: members.close,
  };
  return { source, head: new Uint8Array(), text: "", members, hdf5: null };
}

export function startsWith(bytes: Uint8Array, signature: string, at = 0): boolean {
  for (let i = 0; i < signature.length; i++) if (bytes[at + i] !== signature.charCodeAt(i)) return false;
  return true;
}

/** A zip may follow other bytes (Python's zipfile takes it): then only its end record gives it away. */
async function hasZipEnd(source: Source): Promise<boolean> {
  const length = Math.min(TAIL_BYTES, source.size);
  const tail = await source.read(source.size - length, length);
  for (let at = tail.length - 22; at >= 0; at--) if (startsWith(tail, "PK\x05\x06", at)) return true;
  return false;
}

/** Text in any encoding that JSON may have; other bytes are shown as UTF-8 as well as may be. */
function leadingText(head: Uint8Array): string {
  const start = head.subarray(0, 4096);
  return (decodeText(start) ?? new TextDecoder("utf-8").decode(start)).replace(/^\ufeff/, "").trimStart();
}
