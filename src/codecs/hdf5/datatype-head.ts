/** The fields that every datatype begins with. HDF5 File Format Specification IV.A.2.d "The Datatype Message". */
import { type Cursor, malformed } from "./cursor.ts";

export const DATATYPE_CLASS = {
  integer: 0,
  float: 1,
  time: 2,
  string: 3,
  bitfield: 4,
  opaque: 5,
  compound: 6,
  reference: 7,
  enumeration: 8,
  variableLength: 9,
  array: 10,
  complex: 11,
} as const;

/** The fields that every datatype begins with. */
export interface DatatypeHead {
  readonly kind: number;
  readonly version: number;
  /** The 24 "class bit field" bits. */
  readonly bits: number;
  readonly size: number;
}

/** Class, version, bit field and size in bytes. Throws `malformed/hdf5` for an unknown version. */
export function readDatatypeHead(cursor: Cursor): DatatypeHead {
  const start = cursor.position;
  const word = cursor.u32();
  const version = (word >>> 4) & 0xf;
  if (version < 1 || version > 5) malformed(`unknown version ${version} of a datatype`, start);
  return { kind: word & 0xf, version, bits: word >>> 8, size: cursor.u32() };
}
