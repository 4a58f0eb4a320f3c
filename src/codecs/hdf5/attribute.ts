/**
 * Attributes. HDF5 File Format Specification IV.A.2.m "The Attribute Message".
 */
import { fail } from "../../core/error.ts";
import type { Limits } from "../../core/limits.ts";
import { readDataspace } from "./dataspace.ts";
import { readDatatype } from "./datatype.ts";
import { type Cursor, malformed } from "./cursor.ts";
import type { Walk } from "./file.ts";
import type { StringHeap } from "./global-heap.ts";
import { fixedStrings } from "./strings.ts";
import { decodeName, untilNul } from "./text.ts";
import { type Hdf5Attribute, isBigEndian, storedSize, swapped, valueCount } from "./types.ts";

const SHARED_DATATYPE = 1;
const SHARED_DATASPACE = 2;

/** Parts of a file that may be damaged: they are left out then. */
export interface Spare {
  /** Of an object's path, or `@` and the name of an attribute of the root. */
  has(path: string): boolean;
  /** Told what was wrong; throws what is not to be left out. */
  damaged(error: unknown): void;
}

/** All attributes of an object: those in `messages` in their order, then those in its heap in the order they were made. */
export async function readAttributes(
  walk: Walk,
  strings: StringHeap,
  messages: readonly Cursor[],
  info: Cursor | undefined,
  spare?: Spare,
): Promise<Map<string, Hdf5Attribute>> {
  walk.count("attributes", messages.length);
  const attributes = new Map<string, Hdf5Attribute>();
  for (const body of info === undefined ? messages : [...messages, ...(await readFurther(walk, info))]) {
    const attribute = await readAttribute(body, walk.file.limits, strings, spare);
    if (attribute === null) continue;
    if (attributes.has(attribute.name)) malformed(`two attributes named ${attribute.name}`, body.origin);
    attributes.set(attribute.name, attribute);
  }
  return attributes;
}

const ORDER_TRACKED = 1;
const ORDER_INDEXED = 2;
const SHARED_MESSAGE = 2;

/** Attribute bodies in a fractal heap. Specification IV.A.2.v "The Attribute Info Message". */
async function readFurther(walk: Walk, info: Cursor): Promise<Cursor[]> {
  info.version("attribute info", 0);
  const flags = info.u8();
  if ((flags & ORDER_TRACKED) !== 0) info.skip(2);
  const heapAddress = info.optionalAddress();
  const index = info.optionalAddress();
  if ((flags & ORDER_INDEXED) !== 0) info.optionalAddress();
  if (heapAddress === null) return [];
  if (index === null) malformed("attributes in a heap without an index", info.origin);
  const { readDense } = await import("./dense.ts");
  const { heap, records } = await readDense(walk, heapAddress, index, "attributes");
  const found: { body: Cursor; order: number }[] = [];
  for (const record of records) {
    const id = record.part(heap.idLength);
    if ((record.u8() & SHARED_MESSAGE) !== 0) {
      fail("unsupported/shared-message", { source: "hdf5", message: "a shared attribute", offset: record.origin });
    }
    found.push({ body: await heap.object(id), order: record.u32() });
  }
  return found.sort((a, b) => a.order - b.order).map(({ body }) => body);
}

/** Null where a spare one is damaged behind its name. */
async function readAttribute(
  body: Cursor,
  limits: Limits,
  heap: StringHeap,
  spare: Spare | undefined,
): Promise<Hdf5Attribute | null> {
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
  if (nameField.bytes[nameSize - 1] !== 0) malformed(`the name of attribute ${name} does not end`, nameField.origin);
  const value = async (): Promise<Hdf5Attribute> => {
    const typeField = padded(typeSize);
    const spaceField = padded(spaceSize);
    if (version > 1 && (flags & (SHARED_DATATYPE | SHARED_DATASPACE)) !== 0) {
      const code = (flags & SHARED_DATATYPE) !== 0 ? "unsupported/committed-datatype" : "unsupported/shared-message";
      fail(code, {
        source: "hdf5",
        message: `attribute ${name} has a shared datatype or dataspace`,
        offset: typeField.origin,
      });
    }
    const type = readDatatype(typeField);
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
  };
  try {
    return await value();
  } catch (error) {
    if (spare?.has(`@${name}`) !== true) throw error;
    spare.damaged(error);
    return null;
  }
}
