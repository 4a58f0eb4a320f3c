/**
 * Datatypes. HDF5 File Format Specification IV.A.2.d "The Datatype Message".
 */
import { type Cursor, malformed } from "./cursor.ts";
import { decodeText, untilNul } from "./text.ts";
import { DATATYPE_CLASS, type DatatypeHead, readDatatypeHead } from "./datatype-head.ts";
import { describeForeign, isCopyable } from "./datatype-foreign.ts";
import type { Charset, Hdf5Type, StringPadding } from "./types.ts";

/** IEEE 754: where sign, exponent and mantissa are, by size in bytes. */
export const IEEE_LAYOUT: ReadonlyMap<
  number,
  { exponentAt: number; exponentBits: number; mantissaBits: number; bias: number }
> = new Map([
  [2, { exponentAt: 10, exponentBits: 5, mantissaBits: 10, bias: 15 }],
  [4, { exponentAt: 23, exponentBits: 8, mantissaBits: 23, bias: 127 }],
  [8, { exponentAt: 52, exponentBits: 11, mantissaBits: 52, bias: 1023 }],
]);

export const PADDINGS: readonly StringPadding[] = ["null-terminated", "null-padded", "space-padded"];
export const CHARSETS: readonly Charset[] = ["ascii", "utf-8"];

/** Decodes a datatype; the cursor's end is the message's end, so trailing padding is allowed. */
export function readDatatype(cursor: Cursor): Hdf5Type {
  const start = cursor.at;
  const offset = cursor.position;
  const head = readDatatypeHead(cursor);
  const type = known(head, cursor);
  if (type !== undefined) {
    if (type.class !== "vlen-string" && head.size === 0) malformed("a datatype of 0 bytes", offset);
    return type;
  }
  if (head.size === 0) malformed("a datatype of 0 bytes", offset);
  cursor.at = start;
  const whole = cursor.part(cursor.remaining);
  const message = isCopyable(whole) ? { message: whole.bytes.slice() } : {};
  return { class: "other", description: describeForeign(head), size: head.size, ...message };
}

function known(head: DatatypeHead, cursor: Cursor): Hdf5Type | undefined {
  switch (head.kind) {
    case DATATYPE_CLASS.integer:
      return integer(head, cursor);
    case DATATYPE_CLASS.float:
      return float(head, cursor);
    case DATATYPE_CLASS.string:
      return { class: "string", size: head.size, ...textTraits(head.bits, cursor) };
    case DATATYPE_CLASS.opaque:
      return { class: "opaque", size: head.size, tag: decodeText(untilNul(cursor.take(head.bits & 0xff))) };
    case DATATYPE_CLASS.enumeration:
      return bool(head, cursor);
    case DATATYPE_CLASS.variableLength:
      return (head.bits & 0xf) === 1 ? { class: "vlen-string", ...textTraits(head.bits >>> 4, cursor) } : undefined;
    default:
      return undefined;
  }
}

function textTraits(bits: number, cursor: Cursor): { padding: StringPadding; charset: Charset } {
  const padding = PADDINGS[bits & 0xf];
  const charset = CHARSETS[(bits >>> 4) & 0xf];
  if (padding === undefined || charset === undefined)
    malformed("unknown padding or charset of a string", cursor.position);
  return { padding, charset };
}

/** Refuses a field of no bits, or one that reaches over the end of its value. */
function checkBits(at: number, count: number, end: number, position: number): void {
  if (count === 0 || at + count > end) malformed(`bits ${at} to ${at + count} of a number of ${end} bits`, position);
}

function integer({ bits, size }: DatatypeHead, cursor: Cursor): Hdf5Type | undefined {
  const bitOffset = cursor.u16();
  const precision = cursor.u16();
  checkBits(bitOffset, precision, size * 8, cursor.position);
  const isWhole = bitOffset === 0 && precision === size * 8;
  if (!isWhole || (size !== 1 && size !== 2 && size !== 4 && size !== 8)) return undefined;
  return { class: "integer", size, signed: (bits & 8) !== 0, order: (bits & 1) === 0 ? "little" : "big" };
}

function float({ bits, size }: DatatypeHead, cursor: Cursor): Hdf5Type | undefined {
  const bitOffset = cursor.u16();
  const precision = cursor.u16();
  const exponentAt = cursor.u8();
  const exponentBits = cursor.u8();
  const mantissaAt = cursor.u8();
  const mantissaBits = cursor.u8();
  const bias = cursor.u32();
  const ieee = IEEE_LAYOUT.get(size);
  const impliedMantissaBit = (bits & 0x30) === 0x20;
  const signAt = (bits >>> 8) & 0xff;
  checkBits(bitOffset, precision, size * 8, cursor.position);
  checkBits(signAt, 1, bitOffset + precision, cursor.position);
  checkBits(exponentAt, exponentBits, bitOffset + precision, cursor.position);
  checkBits(mantissaAt, mantissaBits, bitOffset + precision, cursor.position);
  const isVax = (bits & 0x40) !== 0;
  const matches =
    ieee !== undefined &&
    bitOffset === 0 &&
    precision === size * 8 &&
    mantissaAt === 0 &&
    signAt === size * 8 - 1 &&
    impliedMantissaBit &&
    !isVax &&
    exponentAt === ieee.exponentAt &&
    exponentBits === ieee.exponentBits &&
    mantissaBits === ieee.mantissaBits &&
    bias === ieee.bias;
  return matches ? { class: "float", size: size as 2 | 4 | 8, order: (bits & 1) === 0 ? "little" : "big" } : undefined;
}

/** h5py's bool: FALSE = 0 and TRUE = 1 over a signed byte. Other enumerations are not known. */
function bool({ bits, size, version }: DatatypeHead, cursor: Cursor): Hdf5Type | undefined {
  if ((bits & 0xffff) !== 2 || size !== 1) return undefined;
  const base = readDatatypeHead(cursor);
  if (base.kind !== DATATYPE_CLASS.integer || base.size !== 1) return undefined;
  cursor.skip(4);
  const names = [0, 1].map(() => {
    const name = untilNul(cursor.bytes.subarray(cursor.at));
    cursor.skip(version >= 3 ? name.length + 1 : Math.ceil((name.length + 1) / 8) * 8);
    return decodeText(name);
  });
  const values = cursor.take(2);
  const isBool = names[0] === "FALSE" && names[1] === "TRUE" && values[0] === 0 && values[1] === 1;
  return isBool ? { class: "bool" } : undefined;
}
