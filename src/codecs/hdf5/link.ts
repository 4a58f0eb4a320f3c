/**
 * Links of groups as newer libraries write them: in messages, or in a fractal heap when there are many.
 * HDF5 File Format Specification IV.A.2.c "The Link Info Message", IV.A.2.g "The Link Message".
 */
import { type Cursor, malformed } from "./cursor.ts";
import type { Walk } from "./file.ts";
import { compareBytes, decodeName } from "./text.ts";

interface LinkBase {
  readonly name: string;
  /** When it was made, where the group keeps that. */
  readonly order?: number;
}

/** What a group's entry points to. Only hard links, to an object of this file, are followed. */
export type Link =
  | (LinkBase & { readonly kind: "hard"; readonly address: number })
  | (LinkBase & { readonly kind: "soft" | "external" | "user-defined" });

const HAS_ORDER = 4;
const HAS_KIND = 8;
const HAS_CHARSET = 16;
const HARD = 0;
const SOFT = 1;
const EXTERNAL = 64;

function readLink(body: Cursor, maxName: number): Link {
  body.version("link", 1);
  const flags = body.u8();
  const kind = (flags & HAS_KIND) !== 0 ? body.u8() : HARD;
  const order = (flags & HAS_ORDER) !== 0 ? { order: body.uint(8) } : {};
  if ((flags & HAS_CHARSET) !== 0) body.skip(1);
  const nameSize = body.uint(1 << (flags & 3));
  const nameAt = body.position;
  const name = decodeName(body.take(nameSize), maxName, nameAt);
  if (kind === HARD) return { kind: "hard", name, address: body.address(), ...order };
  return { kind: kind === SOFT ? "soft" : kind === EXTERNAL ? "external" : "user-defined", name, ...order };
}

const ORDER_TRACKED = 1;

/** The links of a group with a link info message: those in `compact` messages and those in its heap. */
export async function readLinks(walk: Walk, info: Cursor | undefined, compact: readonly Cursor[]): Promise<Link[]> {
  const maxName = walk.file.limits.nameBytes;
  walk.count("links", compact.length);
  const links = compact.map((body) => readLink(body, maxName));
  let tracked = false;
  if (info !== undefined) {
    info.version("link info", 0);
    tracked = (info.u8() & ORDER_TRACKED) !== 0;
    if (tracked) info.skip(8);
    const heapAddress = info.optionalAddress();
    const index = info.optionalAddress();
    if (heapAddress !== null) {
      if (index === null) malformed("links in a heap without an index", info.origin);
      const { readDense } = await import("./dense.ts");
      const { heap, records } = await readDense(walk, heapAddress, index, "links");
      for (const record of records) {
        record.skip(4); // hash of the name
        links.push(readLink(await heap.object(record.part(heap.idLength)), maxName));
      }
    }
  }
  return tracked ? links.sort((a, b) => (a.order ?? 0) - (b.order ?? 0)) : sortByName(links);
}

function sortByName(links: readonly Link[]): Link[] {
  const encoder = new TextEncoder();
  return links
    .map((link) => ({ link, bytes: encoder.encode(link.name) }))
    .sort((a, b) => compareBytes(a.bytes, b.bytes))
    .map(({ link }) => link);
}
