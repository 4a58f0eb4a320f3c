/** Protocol Buffers' wire format, read field by field: a field's bytes are fetched when they are wanted. */
import { fail } from "../../core/error.ts";
import type { Source } from "../../core/source.ts";

/** A field of a message: a number, or bytes at a place of the source. */
export interface Field {
  readonly field: number;
  readonly wire: number;
  /** Of numbers: its 64 bits. */
  readonly value: bigint;
  readonly at: number;
  readonly size: number;
}

/** The longest key and length, of ten bytes each. */
const MOST_HEAD = 20;
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

function damaged(source: Source, message: string, offset: number): never {
  return fail("malformed/protobuf", { source: "protobuf", file: source.name, message, offset });
}

/** The fields of the message in `size` bytes from `start`, in their order. Throws `malformed/protobuf`. */
export async function* fieldsOf(source: Source, start = 0, size = source.size): AsyncGenerator<Field> {
  const end = start + size;
  for (let at = start; at < end;) {
    const head = await source.read(at, Math.min(MOST_HEAD, end - at));
    let used = 0;
    const varint = (): bigint => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = head[used++];
        if (byte === undefined || shift > 63n) damaged(source, "a number without an end", at);
        value |= BigInt(byte & 127) << shift;
        if (byte < 128) return BigInt.asUintN(64, value);
      }
    };
    const key = varint();
    const [field, wire] = [Number(key >> 3n), Number(key & 7n)];
    if (field === 0 || field >= 2 ** 29) damaged(source, "a field without a number", at);
    if (wire === 0) {
      const value = varint();
      yield { field, wire, value, at, size: 0 };
      at += used;
      continue;
    }
    const length = wire === 2 ? varint() : (FIXED[wire] ?? damaged(source, `a field of kind ${wire}`, at));
    const bytes = Number(length);
    if (at + used + bytes > end) damaged(source, "a field that reaches beyond its message", at);
    yield { field, wire, value: 0n, at: at + used, size: bytes };
    at += used + bytes;
  }
}
