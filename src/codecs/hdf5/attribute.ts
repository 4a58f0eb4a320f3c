/**
 * Attributes. HDF5 File Format Specification IV.A.2.m "The Attribute Message".
 */
import { fail } from "../../core/error.ts";
import type { Limits } from "../../core/limits.ts";
import { readDataspace } from "./dataspace.ts";
import { readDatatype } from "./datatype.ts";
import { type Cursor, malformed } from "./cursor.ts";
import type { StringHeap } from "./global-heap.ts";
import { fixedStrings } from "./strings.ts";
import { decodeName, untilNul } from "./text.ts";
import { type Hdf5Attribute, type Hdf5Type, isBigEndian, storedSize, swapped, valueCount } from "./types.ts";

const SHARED_DATATYPE = 1;
const SHARED_DATASPACE = 2;

/** Gives the datatype for a body that only points to a committed one. */
export type ResolveDatatype = (body: Cursor) => Promise<Hdf5Type>;

export async function readAttribute(
  body: Cursor,
  limits: Limits,
  heap: StringHeap,
  resolve: ResolveDatatype,
): Promise<Hdf5Attribute> {
  const version = body.version("attribute", 1, 2, 3);
  const flags = body.u8();
  const nameSize = body.u16();
  const typeSize = body.u16();
  const spaceSize = body.u16();
  if (version === 3) body.skip(1); // the name's charset
  const padded = (size: number): Cursor => {
    const part = body.part(size);
    if (version === 1) body.skip((8 - (size % 8)) % 8);
    return part;
  };
  const nameField = padded(nameSize);
  const name = decodeName(untilNul(nameField.bytes), limits.nameBytes, nameField.origin);
  const typeField = padded(typeSize);
  const type = version > 1 && (flags & SHARED_DATATYPE) !== 0 ? await resolve(typeField) : readDatatype(typeField);
  const spaceField = padded(spaceSize);
  if (version > 1 && (flags & SHARED_DATASPACE) !== 0) {
    fail("unsupported/shared-message", {
      source: "hdf5",
      message: `attribute ${name} has a shared dataspace`,
      offset: spaceField.origin,
    });
  }
  const { shape } = readDataspace(spaceField, limits.rank);
  const count = valueCount(shape);
  const size = count * storedSize(type, body.widths.offset);
  if (size > body.remaining)
    malformed(`attribute ${name} has ${body.remaining} bytes for ${size} bytes of values`, body.position);
  const values = body.part(size);
  if (type.class === "vlen-string")
    return { name, type, shape, raw: new Uint8Array(), strings: await heap.strings(values, count) };
  const raw = isBigEndian(type) ? swapped(values.bytes, storedSize(type)) : values.bytes.slice();
  return type.class === "string"
    ? { name, type, shape, raw, strings: fixedStrings(raw, type) }
    : { name, type, shape, raw };
}
