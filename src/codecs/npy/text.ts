/** Elements of NumPy's fixed-width string arrays, padded with NUL on the right. */
import { atMost, fail } from "../../core/error.ts";
import { DEFAULT_LIMITS } from "../../core/limits.ts";
import type { ElementType } from "./descr.ts";

/** Code points turned into text at a time. */
const CHUNK = 4096;

/** `size` strings from `body`. Throws `malformed/npy-text` for what is no code point or no UTF-8. */
export function readStrings(body: Uint8Array, size: number, type: ElementType): string[] {
  const out: string[] = [];
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let i = 0; i < size; i++) {
    const start = i * type.itemBytes;
    const end = start + type.itemBytes;
    out.push(type.text === "U" ? codePoints(view, start, end, !type.bigEndian) : byteText(utf8, body, start, end));
  }
  return out;
}

function codePoints(view: DataView, start: number, end: number, littleEndian: boolean): string {
  let stop = end;
  while (stop > start && view.getUint32(stop - 4, littleEndian) === 0) stop -= 4;
  const parts: string[] = [];
  for (let at = start; at < stop; at += 4 * CHUNK) {
    const codes: number[] = [];
    for (let next = at; next < Math.min(at + 4 * CHUNK, stop); next += 4) {
      const code = view.getUint32(next, littleEndian);
      if (code > 0x10ffff) fail("malformed/npy-text", { source: "npy", found: `code point ${code}`, offset: next });
      codes.push(code);
    }
    parts.push(String.fromCodePoint(...codes));
  }
  return parts.join("");
}

function byteText(utf8: TextDecoder, body: Uint8Array, start: number, end: number): string {
  let stop = end;
  while (stop > start && body[stop - 1] === 0) stop--;
  try {
    return utf8.decode(body.subarray(start, stop));
  } catch {
    fail("malformed/npy-text", { source: "npy", message: "byte strings that are not UTF-8", offset: start });
  }
}

/** UTF-32 elements as wide as the longest. Throws `unsupported/npy-text` for a string that ends in NUL: NumPy loses it. */
export function writeText(values: readonly string[]): { characters: number; bytes: Uint8Array } {
  const points = values.map((value) => Array.from(value, (character) => character.codePointAt(0)!));
  let characters = 1;
  for (const list of points) {
    if (list.at(-1) === 0) fail("unsupported/npy-text", { source: "npy", message: "a string ends in NUL" });
    characters = Math.max(characters, list.length);
  }
  const size = values.length * characters * 4;
  atMost("limit/tensor-bytes", size, DEFAULT_LIMITS.tensorBytes, "bytes", {
    source: "npy",
    message: "every string takes the width of the longest",
  });
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const [i, list] of points.entries()) {
    for (const [k, code] of list.entries()) view.setUint32((i * characters + k) * 4, code, true);
  }
  return { characters, bytes };
}
