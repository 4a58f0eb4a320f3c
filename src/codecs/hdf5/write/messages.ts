/**
 * Object headers of version 1 and the messages that h5py puts in them.
 * HDF5 File Format Specification IV.A "Data Object Headers".
 */
import { atMost, fail } from "../../../core/error.ts";
import { MESSAGE } from "../object-header.ts";
import { type Hdf5Type, isBigEndian, storedSize, swapped, valueCount } from "../types.ts";
import { encodeFixedStrings } from "../strings.ts";
import type { WriteAttribute } from "./types.ts";
import { Builder } from "./builder.ts";
import { encodeDatatype } from "./datatype.ts";
import type { Table } from "./symbol-table.ts";
import type { StringHeapWriter } from "./global-heap.ts";

const MAX_MESSAGE = 65528;
const MAX_MESSAGES = 65535;
const MAX_RANK = 32;
const CONSTANT = 1;

/** A message of an object header, ready to be written. */
export interface EncodedMessage {
  readonly type: number;
  readonly flags?: number;
  readonly body: Uint8Array;
}

const encoder = new TextEncoder();

/** An object header that holds all its messages in one block. */
export function encodeHeader(messages: readonly EncodedMessage[]): Uint8Array {
  if (messages.length > MAX_MESSAGES) {
    fail("limit/attribute", {
      source: "hdf5",
      message: "too many attributes on one object",
      expected: `at most ${MAX_MESSAGES}`,
      found: `${messages.length}`,
    });
  }
  const block = new Builder();
  for (const { type, flags, body } of messages) {
    block
      .u16(type)
      .u16(Math.ceil(body.length / 8) * 8)
      .u8(flags ?? 0, 0, 0, 0)
      .bytes(body)
      .pad8();
  }
  return new Builder().u8(1, 0).u16(messages.length).u32(1).u32(block.size).zeros(4).bytes(block.done()).done();
}

/** Sizes and equal maximum sizes; only version 2 can say "null". */
function encodeDataspace(shape: readonly number[] | null): Uint8Array {
  if (shape === null) return new Builder().u8(2, 0, 0, 2).done();
  atMost("limit/rank", shape.length, MAX_RANK, "axes", { source: "hdf5" });
  const out = new Builder().u8(1, shape.length, shape.length === 0 ? 0 : 1).zeros(5);
  for (const length of shape) out.u64(length);
  for (const length of shape) out.u64(length);
  return out.done();
}

/** Where a group's members are. */
export function symbolTableMessage({ tree, heap }: Table): EncodedMessage {
  return { type: MESSAGE.symbolTable, body: new Builder().u64(tree).u64(heap).done() };
}

/** What makes an object a dataset of `byteLength` bytes at `address`. */
export function datasetMessages(
  type: Hdf5Type,
  shape: readonly number[] | null,
  address: number,
  byteLength: number,
): EncodedMessage[] {
  const allocateLate = 2;
  const fillOnAllocation = 0;
  const fillIfSet = 2;
  const fillTime = type.class === "vlen-string" ? fillOnAllocation : fillIfSet;
  const contiguous = new Builder()
    .u8(3, 1)
    .u64(byteLength === 0 ? null : address)
    .u64(byteLength);
  return [
    { type: MESSAGE.dataspace, body: encodeDataspace(shape) },
    { type: MESSAGE.datatype, flags: CONSTANT, body: encodeDatatype(type) },
    { type: MESSAGE.fillValue, flags: CONSTANT, body: new Builder().u8(2, allocateLate, fillTime, 1).u32(0).done() },
    { type: MESSAGE.layout, body: contiguous.done() },
  ];
}

/** An attribute with its values. Throws `limit/attribute` over 64 KiB. */
export function attributeMessage(name: string, attribute: WriteAttribute, heap: StringHeapWriter): EncodedMessage {
  const nameField = encoder.encode(`${name}\0`);
  const type = encodeDatatype(attribute.type);
  const space = encodeDataspace(attribute.shape);
  const size =
    Math.ceil(nameField.length / 8) * 8 +
    type.length +
    7 +
    space.length +
    7 +
    8 +
    storedSize(attribute.type) * valueCount(attribute.shape);
  atMost("limit/attribute", size, MAX_MESSAGE, "bytes", {
    source: "hdf5",
    message: `attribute ${name} is too large for an object header`,
  });
  const body = new Builder().u8(1, 0).u16(nameField.length).u16(type.length).u16(space.length);
  body
    .bytes(nameField)
    .pad8()
    .bytes(type)
    .pad8()
    .bytes(space)
    .pad8()
    .bytes(attributeValues(name, attribute, heap));
  return { type: MESSAGE.attribute, body: body.done() };
}

function attributeValues(
  name: string,
  { type, shape, raw, strings }: WriteAttribute,
  heap: StringHeapWriter,
): Uint8Array {
  const count = valueCount(shape);
  if (type.class === "vlen-string") {
    checkSame(`attribute ${name}`, count, strings?.length ?? 0, "strings");
    return heap.references(strings ?? []);
  }
  const bytes = raw ?? (type.class === "string" ? encodeFixedStrings(strings ?? [], type) : new Uint8Array());
  checkSame(`attribute ${name}`, count * storedSize(type), bytes.length, "bytes");
  return isBigEndian(type) ? swapped(bytes, storedSize(type)) : bytes;
}

/** Refuses values that do not fill the declared shape. */
export function checkSame(what: string, expected: number, found: number, unit: string): void {
  if (expected !== found)
    fail("mismatch/size", {
      source: "hdf5",
      message: `values of ${what}`,
      expected: `${expected} ${unit}`,
      found: `${found} ${unit}`,
    });
}
