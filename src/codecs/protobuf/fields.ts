/**
 * The fields of a message, in memory or in a source, one level at a time: nothing is decoded or fetched that nobody asks
 * for, and nesting costs no stack.
 *
 * Spec: https://protobuf.dev/programming-guides/encoding/
 */
import { fail } from "../../core/error.ts";
import type { Source } from "../../core/source.ts";

interface Numbered {
  readonly number: number;
  /** Of a varint, and of a fixed number in memory, as signed; NaN beyond 2^53, and of all else. */
  readonly value: number;
}

/** A field in memory. `bytes`: of a message, text or packed list. */
export interface ProtoField extends Numbered {
  readonly bytes: Uint8Array;
}

/** A field of a source: its bytes are `size` at `at`. */
export interface FieldPlace extends Numbered {
  readonly at: number;
  readonly size: number;
}

const MOST_BYTES = 10;

const malformed = (message: string, offset: number): never =>
  fail("malformed/protobuf", { source: "protobuf", message, offset });

/** A varint at a place, and where it ends. Throws `malformed/protobuf`. */
export function varint(bytes: Uint8Array, at: number): { value: number; end: number } {
  let [low, high] = [0, 0];
  for (let i = 0; i < MOST_BYTES; i++) {
    const byte = bytes[at + i] ?? malformed("ends inside a number", at);
    const seven = byte & 0x7f;
    if (i < 4) low += seven * 2 ** (7 * i);
    else if (i === 4) {
      low += (seven & 0xf) * 2 ** 28;
      high = seven >> 4;
    } else high += seven * 2 ** (7 * i - 32);
    if (byte < 0x80) return { value: signed(low, high % 2 ** 32), end: at + i + 1 };
  }
  return malformed("a number of more than ten bytes", at);
}

function signed(low: number, high: number): number {
  const value = (high >= 2 ** 31 ? high - 2 ** 32 : high) * 2 ** 32 + low;
  return Number.isSafeInteger(value) ? value : NaN;
}

/** The longest key and length, of ten bytes each. */
const MOST_HEAD = 2 * MOST_BYTES;
/** Bytes of the numbers of fixed size, by the wire's kind. */
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** What stands before a field's bytes: where they start, and how many they are. `end`: of the message, `offset`: of `bytes`. */
function headAt(bytes: Uint8Array, at: number, end: number, offset = 0): FieldPlace & { readonly isFixed: boolean } {
  const key = varint(bytes, at);
  const [number, kind] = [Math.floor(key.value / 8), key.value % 8];
  if (!(number >= 1 && number < 2 ** 29)) malformed("a field without a number", offset + at);
  if (kind === 0) {
    const { value, end: after } = varint(bytes, key.end);
    return { number, value, at: after, size: 0, isFixed: false };
  }
  const fixed = FIXED[kind];
  if (kind !== 2 && fixed === undefined) malformed("a field of unknown kind", offset + at);
  const { value: size, end: start } = fixed === undefined ? varint(bytes, key.end) : { value: fixed, end: key.end };
  if (!(size >= 0 && start + size <= end)) malformed("a field that is longer than its message", offset + at);
  return { number, value: NaN, at: start, size, isFixed: fixed !== undefined };
}

/** All fields of a message, in order. Throws `malformed/protobuf` for what is no message. */
export function* fieldsOf(bytes: Uint8Array): Generator<ProtoField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let next = 0; next < bytes.length;) {
    const { number, value, at, size, isFixed } = headAt(bytes, next, bytes.length);
    next = at + size;
    const high = isFixed && size === 8 ? view.getUint32(at + 4, true) : 0;
    yield { number, value: isFixed ? signed(view.getUint32(at, true), high) : value, bytes: bytes.subarray(at, next) };
  }
}

/** The first field with a number; undefined where there is none. */
export function firstField(bytes: Uint8Array, wanted: number): ProtoField | undefined {
  for (const field of fieldsOf(bytes)) if (field.number === wanted) return field;
  return undefined;
}

/** The bytes of the first field with a number; none where there is none. */
export const inside = (bytes: Uint8Array, wanted: number): Uint8Array =>
  firstField(bytes, wanted)?.bytes ?? new Uint8Array();

/** The same of the message in `size` bytes from `start` of a source. */
export async function* fieldPlaces(source: Source, start = 0, size = source.size): AsyncGenerator<FieldPlace> {
  const end = start + size;
  for (let next = start; next < end;) {
    const place = headAt(await source.read(next, Math.min(MOST_HEAD, end - next)), 0, end - next, next);
    yield { ...place, at: next + place.at };
    next += place.at + place.size;
  }
}

/** The text of a field. Throws `malformed/protobuf` for what is no UTF-8. */
export function textField(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return malformed("a text that is no UTF-8", 0);
  }
}
