/** Protocol Buffers' wire format, read field by field: a field's bytes are fetched when they are wanted. */
import { fail } from "../../core/error.ts";
import type { Source } from "../../core/source.ts";
import { varint } from "./fields.ts";

/** A field of a message: a number, or bytes at a place of the source. */
export interface Field {
  readonly field: number;
  readonly wire: number;
  /** Of varints, as signed; NaN beyond 2^53, and of all else. */
  readonly value: number;
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
    const key = varint(head, 0);
    const [field, wire] = [Math.floor(key.value / 8), key.value % 8];
    if (!(field >= 1 && field < 2 ** 29)) damaged(source, "a field without a number", at);
    if (wire === 0) {
      const { value, end: after } = varint(head, key.end);
      yield { field, wire, value, at, size: 0 };
      at += after;
      continue;
    }
    const fixed = FIXED[wire];
    const long = wire === 2 ? varint(head, key.end) : { value: fixed ?? NaN, end: key.end };
    if (Number.isNaN(long.value) && wire !== 2) damaged(source, `a field of kind ${wire}`, at);
    if (!(long.value >= 0 && at + long.end + long.value <= end))
      damaged(source, "a field that reaches beyond its message", at);
    yield { field, wire, value: NaN, at: at + long.end, size: long.value };
    at += long.end + long.value;
  }
}
