/** What detection may look at: the first bytes, and the names of members. Contents decide, never a file's name. */
import { findSuperblock, type Hdf5Group, openHdf5 } from "../codecs/hdf5.ts";
import { decodeJsonText } from "../codecs/json.ts";
import { fail, located, type Problem } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Source } from "../core/source.ts";
import { LAYER_NAMES, MODEL_CONFIG } from "../formats/flat.ts";
import { WEIGHTS } from "../formats/keras-v3.ts";
import type { Members } from "../formats/members.ts";
import { spareParts } from "./aside.ts";
import { zipMembers } from "./members.ts";

const HEAD_BYTES = 64 * 1024;
const END_BYTES = 48;
/** In place of a length that stands elsewhere. */
const ZIP64 = 0xffffffff;
/** The end record of a zip and the longest comment after it. */
const TAIL_BYTES = 22 + 65535;
const P = 0x50;

/** An input before it is known what it is. */
export interface Probe {
  readonly source: Source;
  readonly head: Uint8Array;
  /** The last bytes, at most 48. */
  readonly tail: Uint8Array;
  /** The first bytes that are no white space and no byte order mark, as text. */
  readonly text: string;
  /** The members, where the file is a zip or the input a folder. */
  readonly members: Members | null;
  /** The root group, where the file is HDF5. */
  readonly hdf5: Hdf5Group | null;
  /** What of it is damaged, and not needed to run. */
  readonly warnings: Problem[];
}

/** Refuses what cannot be a model whatever it holds (`malformed/empty`, `limit/file-bytes`), and opens containers. */
export async function probe(source: Source, limits: Limits): Promise<Probe> {
  if (source.size > limits.fileBytes) {
    const expected = `at most ${limits.fileBytes} bytes`;
    fail("limit/file-bytes", { file: source.name, expected, found: `${source.size} bytes` });
  }
  if (source.size === 0) fail("malformed/empty", { file: source.name, message: "the file is empty" });
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  const superblock = await findSuperblock(source);
  const startsAsZip = startsWith(head, "PK\x03\x04") || startsWith(head, "PK\x05\x06");
  const text = superblock !== null || startsAsZip ? "" : leadingText(head);
  const zip = startsAsZip || (!/^[{["]/.test(text) && (await hasZipEnd(source)));
  const open = (): Promise<Members> => located({ file: source.name }, () => zipMembers(source, limits));
  if (zip && superblock !== null) await refuseTwo(source, await open().catch(() => null), superblock, limits);
  const members = zip ? await open() : null;
  const warnings: Problem[] = [];
  const isHdf = superblock !== null && !zip;
  return {
    source,
    head,
    tail: await source.read(Math.max(0, source.size - END_BYTES), Math.min(END_BYTES, source.size)),
    text,
    members,
    hdf5: isHdf ? await located({ file: source.name }, () => openHdf5(source, limits, spareParts(warnings))) : null,
    warnings,
  };
}

/**
 * A file that is a zip and HDF5: which of them is meant, its name decides elsewhere. A stored member may happen to begin
 * where HDF5 looks past a user block: weights of a `.keras`, which are no model by themselves, are taken.
 */
async function refuseTwo(source: Source, members: Members | null, superblock: number, limits: Limits): Promise<void> {
  const weights = members?.zip?.get(WEIGHTS);
  if (weights?.method === 0 && weights.offset === superblock) {
    const { attributes } = await located({ file: source.name }, async () => openHdf5(await weights.open(), limits));
    if (![MODEL_CONFIG, LAYER_NAMES].some((name) => attributes.has(name))) return;
  }
  fail("malformed/two-formats", {
    file: source.name,
    message: "a zip archive and an HDF5 file at once",
    offset: superblock,
  });
}

/** The probe of a folder: its files are its members. */
export function probeFolder(members: Members): Probe {
  const source: Source = {
    name: members.name,
    size: members.size,
    read: async () => fail("unsupported/format", { file: members.name, message: "a folder" }),
    close: members.close,
  };
  return { source, head: new Uint8Array(), tail: new Uint8Array(), text: "", members, hdf5: null, warnings: [] };
}

/** The length of a JSON header, then the header. */
export function isSafetensors({ head }: Probe): boolean {
  if (head[8] === 0x7b && (head[9] === 0x22 || head[9] === 0x7d)) return true;
  return (
    head[8] === 0x7b && [0x20, 0x0a, 0x0d, 0x09].includes(head[9]!) && head.subarray(5, 8).every((byte) => byte === 0)
  );
}

/** Whether bytes have a signature, in ASCII, at a place. */
export function startsWith(bytes: Uint8Array, signature: string, at = 0): boolean {
  for (let i = 0; i < signature.length; i++) if (bytes[at + i] !== signature.charCodeAt(i)) return false;
  return true;
}

/**
 * A zip may follow other bytes, and be followed by some (Python's zipfile takes it): then only its end record gives it away,
 * with the directory before it.
 */
async function hasZipEnd(source: Source): Promise<boolean> {
  const start = Math.max(0, source.size - TAIL_BYTES);
  const tail = await source.read(start, source.size - start);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  for (let at = tail.length - 22; at >= 0; at--) {
    at = tail.lastIndexOf(P, at);
    if (!startsWith(tail, "PK\x05\x06", at)) continue;
    const length = view.getUint32(at + 12, true);
    const directory = start + at - length;
    if (length === 0 || length === ZIP64) return true;
    if (directory < 0) continue;
    const before = await source.read(directory, 4);
    if (startsWith(before, "PK\x01\x02")) return true;
  }
  return false;
}

/** Text in any encoding that JSON may have; other bytes are shown as UTF-8 as well as may be. */
function leadingText(head: Uint8Array): string {
  const start = head.subarray(0, 4096);
  return (decodeJsonText(start) ?? new TextDecoder("utf-8").decode(start)).replace(/^\ufeff/, "").trimStart();
}
