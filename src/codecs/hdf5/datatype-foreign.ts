/**
 * Datatypes whose values are not interpreted: named for messages, and copied where they are self-contained.
 * HDF5 File Format Specification IV.A.2.d "The Datatype Message".
 */
import { type Cursor, malformed } from "./cursor.ts";
import { DATATYPE_CLASS, type DatatypeHead, readDatatypeHead } from "./datatype-head.ts";
import { untilNul } from "./text.ts";

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(DATATYPE_CLASS).map(([name, kind]) => [kind, name]));

/** Types nested deeper are not copied. */
const MAX_NESTING = 8;

/** A few words for a message: `compound of 2 members, 8 bytes`. */
export function describeForeign({ kind, bits, size }: DatatypeHead): string {
  const name = NAMES.get(kind) ?? `class ${kind}`;
  const members =
    kind === DATATYPE_CLASS.compound || kind === DATATYPE_CLASS.enumeration ? ` of ${bits & 0xffff} members` : "";
  return `${name}${members}, ${size} bytes`;
}

/** Whether values mean the same in another file: nothing in the type is a reference or of variable length. */
export function isCopyable(encoded: Cursor): boolean {
  return skipType(encoded, 0);
}

/** Moves past one encoded type; false, wherever the cursor then is, when it cannot be copied. */
function skipType(cursor: Cursor, depth: number): boolean {
  if (depth > MAX_NESTING) return false;
  const head = readDatatypeHead(cursor);
  switch (head.kind) {
    case DATATYPE_CLASS.integer:
    case DATATYPE_CLASS.bitfield:
      cursor.skip(4);
      return true;
    case DATATYPE_CLASS.float:
      cursor.skip(12);
      return true;
    case DATATYPE_CLASS.time:
      cursor.skip(2);
      return true;
    case DATATYPE_CLASS.string:
      return true;
    case DATATYPE_CLASS.opaque:
      cursor.skip(head.bits & 0xff);
      return true;
    case DATATYPE_CLASS.complex:
      return skipType(cursor, depth + 1);
    case DATATYPE_CLASS.compound:
      return skipCompound(head, cursor, depth);
    case DATATYPE_CLASS.enumeration:
      return skipEnumeration(head, cursor, depth);
    case DATATYPE_CLASS.array: {
      const rank = cursor.u8();
      cursor.skip(head.version >= 3 ? 4 * rank : 3 + 8 * rank);
      return skipType(cursor, depth + 1);
    }
    default:
      return false;
  }
}

/** Names are padded to 8 bytes before version 3. */
function skipName(cursor: Cursor, version: number): void {
  const length = untilNul(cursor.bytes.subarray(cursor.at)).length + 1;
  cursor.skip(version >= 3 ? length : Math.ceil(length / 8) * 8);
}

function skipCompound({ bits, size, version }: DatatypeHead, cursor: Cursor, depth: number): boolean {
  const members = bits & 0xffff;
  const offsetBytes = version >= 3 ? bytesFor(size) : 4;
  const dimensionBytes = version === 1 ? 28 : 0;
  for (let i = 0; i < members; i++) {
    skipName(cursor, version);
    cursor.skip(offsetBytes + dimensionBytes);
    if (!skipType(cursor, depth + 1)) return false;
  }
  return true;
}

function bytesFor(value: number): number {
  if (value < 2 ** 8) return 1;
  if (value < 2 ** 16) return 2;
  return value < 2 ** 24 ? 3 : 4;
}

function skipEnumeration({ bits, size, version }: DatatypeHead, cursor: Cursor, depth: number): boolean {
  const members = bits & 0xffff;
  if (!skipType(cursor, depth + 1)) return false;
  for (let i = 0; i < members; i++) skipName(cursor, version);
  if (members * size > cursor.remaining) malformed("an enumeration ends inside its values", cursor.position);
  cursor.skip(members * size);
  return true;
}
