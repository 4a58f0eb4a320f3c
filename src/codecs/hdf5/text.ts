import { malformed } from "./cursor.ts";
import { atMost } from "../../core/error.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** The bytes before the first NUL, or all. */
export function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** A string value. Keras writes UTF-8 under an ASCII tag, so every string is decoded as UTF-8; what is not becomes U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return lenient.decode(bytes);
}

/** The name of a link or attribute: valid UTF-8, not empty, at most `limit` bytes. */
export function decodeName(bytes: Uint8Array, limit: number, offset: number): string {
  atMost("limit/name-bytes", bytes.length, limit, "bytes", {
    source: "hdf5",
    message: "a name exceeds limits.nameBytes",
    offset,
  });
  if (bytes.length === 0) malformed("an empty name", offset);
  try {
    return strict.decode(bytes);
  } catch {
    return malformed("a name is not UTF-8", offset);
  }
}

/** Order of the UTF-8 bytes, which HDF5 sorts names by. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!;
  }
  return a.length - b.length;
}
