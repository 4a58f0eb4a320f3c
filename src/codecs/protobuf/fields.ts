/**
 * The fields of a message in memory, one level at a time: nothing is decoded that nobody asks for, and nesting costs no stack.
 *
 * Spec: https://protobuf.dev/programming-guides/encoding/
 */
import { fail } from "../../core/error.ts";

/** `value`: of a varint or fixed number, as signed; NaN beyond 2^53. `bytes`: of a message, text or packed list. */
export interface Field {
  readonly number: number;
  readonly value: number;
  readonly bytes: Uint8Array;
}

const NOTHING = new Uint8Array();
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

/** All fields of a message, in order. Throws `malformed/protobuf` for what is no message. */
export function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    const start = at;
    const key = varint(bytes, at);
    const number = Math.floor(key.value / 8);
    at = key.end;
    if (!(number >= 1 && number < 2 ** 29)) malformed("a field without a number", start);
    const kind = key.value % 8;
    if (kind === 0) {
      const { value, end } = varint(bytes, at);
      yield { number, value, bytes: NOTHING };
      at = end;
    } else if (kind === 2) {
      const { value: length, end } = varint(bytes, at);
      if (!(length >= 0 && end + length <= bytes.length)) malformed("a field that is longer than its message", start);
      yield { number, value: NaN, bytes: bytes.subarray(end, end + length) };
      at = end + length;
    } else if (kind === 1 || kind === 5) {
      const size = kind === 1 ? 8 : 4;
      if (at + size > bytes.length) malformed("ends inside a number", start);
      const low = view.getUint32(at, true);
      yield { number, value: size === 4 ? low : signed(low, view.getUint32(at + 4, true)), bytes: NOTHING };
      at += size;
    } else malformed("a field of unknown kind", start);
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
