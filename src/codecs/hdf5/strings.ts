/** Fixed-length strings. HDF5 File Format Specification IV.A.2.d, class 3. */
import { fail } from "../../core/error.ts";
import { refuseOver } from "./budget.ts";
import { decodeText, untilNul } from "./text.ts";
import type { Hdf5Type, StringPadding } from "./types.ts";

type FixedString = Extract<Hdf5Type, { class: "string" }>;

const SPACE = 0x20;
const encoder = new TextEncoder();

function trimmed(bytes: Uint8Array, padding: StringPadding): Uint8Array {
  if (padding === "null-terminated") return untilNul(bytes);
  const fill = padding === "space-padded" ? SPACE : 0;
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === fill) end--;
  return bytes.subarray(0, end);
}

/** More strings than that in one attribute or dataset are refused: each takes far more memory than its bytes. */
export const MAX_STRINGS = 5_000_000;

/** The values of `raw`, each of `type.size` bytes, without their padding. */
export function fixedStrings(raw: Uint8Array, type: FixedString): string[] {
  refuseOver("strings", raw.length / type.size, MAX_STRINGS, "too many strings in one array");
  const out: string[] = [];
  for (let at = 0; at + type.size <= raw.length; at += type.size) {
    out.push(decodeText(trimmed(raw.subarray(at, at + type.size), type.padding)));
  }
  return out;
}

/** The bytes of `values` under `type`; a string that does not fit is `mismatch/string`. */
export function encodeFixedStrings(values: readonly string[], type: FixedString): Uint8Array {
  const out = new Uint8Array(values.length * type.size).fill(type.padding === "space-padded" ? SPACE : 0);
  values.forEach((value, i) => {
    const bytes = encoder.encode(value);
    const room = type.padding === "null-terminated" ? type.size - 1 : type.size;
    if (bytes.length > room) {
      fail("mismatch/string", {
        source: "hdf5",
        message: "a string does not fit its type",
        expected: `at most ${room} bytes`,
        found: `${bytes.length}`,
      });
    }
    out.set(bytes, i * type.size);
  });
  return out;
}
