/**
 * Blocks that Snappy packed.
 *
 * Spec: google/snappy format_description.txt
 */
import { atMost, fail } from "../core/error.ts";
import { varint } from "./protobuf/fields.ts";

const bad = (message: string): never => fail("malformed/tensor-bundle", { source: "snappy", message });

/** The bytes of a block; `most`: how many they may be. Throws `malformed/tensor-bundle`, `limit/expansion-ratio`. */
export function unpackSnappy(bytes: Uint8Array, most: number): Uint8Array {
  const { value: size, end } = varint(bytes, 0);
  if (!(size >= 0)) bad("a length that is none");
  atMost("limit/expansion-ratio", size, most, "bytes", { source: "snappy" });
  const out = new Uint8Array(size);
  let to = 0;
  const number = (at: number, width: number): number => {
    let value = 0;
    for (let i = 0; i < width; i++) value += (bytes[at + i] ?? bad("ends inside a length")) * 2 ** (8 * i);
    return value;
  };
  for (let at = end; at < bytes.length;) {
    const tag = bytes[at++]!;
    if ((tag & 3) === 0) {
      const short = tag >> 2;
      const width = short < 60 ? 0 : short - 59;
      const length = (width === 0 ? short : number(at, width)) + 1;
      at += width;
      if (at + length > bytes.length || to + length > size) bad("a literal that is too long");
      out.set(bytes.subarray(at, at + length), to);
      [at, to] = [at + length, to + length];
      continue;
    }
    const width = [0, 1, 2, 4][tag & 3]!;
    const length = width === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const back = number(at, width) + (width === 1 ? (tag >> 5) * 256 : 0);
    at += width;
    if (back === 0 || back > to || to + length > size) bad("a copy from outside of what there is");
    for (let i = 0; i < length; i++, to++) out[to] = out[to - back]!;
  }
  return to === size ? out : bad("fewer bytes than it says");
}
