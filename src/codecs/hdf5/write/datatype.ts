/**
 * Datatype messages as h5py makes them: version 1.
 * HDF5 File Format Specification IV.A.2.d "The Datatype Message".
 */
import { fail } from "../../../core/error.ts";
import { CHARSETS, IEEE_LAYOUT, PADDINGS } from "../datatype.ts";
import { DATATYPE_CLASS } from "../datatype-head.ts";
import { type Hdf5Type, storedSize } from "../types.ts";
import { Builder } from "./builder.ts";

const VERSION = 1;
const BIG_ENDIAN = 1;
const SIGNED = 8;
const IMPLIED_MANTISSA_BIT = 0x20;
const VARIABLE_STRING = 1;
const MAX_TAG = 248;

/** The body of a datatype message. Throws `unsupported/datatype` for types that are only read. */
export function encodeDatatype(type: Hdf5Type): Uint8Array {
  switch (type.class) {
    case "float":
      return float(type);
    case "integer":
      return integer(type.size, (type.order === "big" ? BIG_ENDIAN : 0) | (type.signed ? SIGNED : 0));
    case "bool":
      return head(DATATYPE_CLASS.enumeration, 2, 1)
        .bytes(integer(1, SIGNED))
        .ascii("FALSE\0\0\0TRUE\0\0\0\0")
        .u8(0, 1)
        .done();
    case "string":
      return head(DATATYPE_CLASS.string, textBits(type), type.size).done();
    case "vlen-string":
      return head(DATATYPE_CLASS.variableLength, VARIABLE_STRING | (textBits(type) << 4), storedSize(type))
        .bytes(integer(1, 0))
        .done();
    case "opaque":
      return opaque(type.size, type.tag);
    case "other":
      return (
        type.message ??
        fail("unsupported/datatype", {
          source: "hdf5",
          message: "values of this datatype cannot be copied",
          found: type.description,
        })
      );
  }
}

function head(kind: number, bits: number, size: number): Builder {
  return new Builder().u8(kind | (VERSION << 4), bits & 0xff, bits >> 8, 0).u32(size);
}

function integer(size: number, bits: number): Uint8Array {
  return head(DATATYPE_CLASS.integer, bits, size)
    .u16(0)
    .u16(size * 8)
    .done();
}

function float({ size, order }: Extract<Hdf5Type, { class: "float" }>): Uint8Array {
  const { exponentAt, exponentBits, mantissaBits, bias } = IEEE_LAYOUT.get(size)!;
  const signAt = size * 8 - 1;
  return head(DATATYPE_CLASS.float, IMPLIED_MANTISSA_BIT | (order === "big" ? BIG_ENDIAN : 0) | (signAt << 8), size)
    .u16(0)
    .u16(size * 8)
    .u8(exponentAt, exponentBits, 0, mantissaBits)
    .u32(bias)
    .done();
}

function textBits({ padding, charset }: Extract<Hdf5Type, { class: "string" | "vlen-string" }>): number {
  return PADDINGS.indexOf(padding) | (CHARSETS.indexOf(charset) << 4);
}

/** The tag ends with a NUL and is padded to 8 bytes; an empty one takes none. */
function opaque(size: number, tag: string): Uint8Array {
  const text = new TextEncoder().encode(tag);
  const length = text.length === 0 ? 0 : Math.ceil((text.length + 1) / 8) * 8;
  if (length > MAX_TAG)
    fail("limit/name-bytes", {
      source: "hdf5",
      message: "the tag of an opaque datatype is too long",
      found: `${text.length} bytes`,
    });
  return head(DATATYPE_CLASS.opaque, length, size)
    .bytes(text)
    .zeros(length - text.length)
    .done();
}
