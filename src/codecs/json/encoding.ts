/** Which Unicode encoding a JSON text's bytes are in, told as Python's `json.loads` does (`json.detect_encoding`). */

/** The text, or null when the bytes are not valid in their encoding. A byte order mark stays. */
export function decodeJsonText(bytes: Uint8Array): string | null {
  const [width, little] = unitOf(bytes);
  if (width === 4) return decodeUtf32(bytes, little);
  const encoding = width === 1 ? "utf-8" : little ? "utf-16le" : "utf-16be";
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Bytes of a unit and whether its first byte is the lowest: from a byte order mark, or from where the zeros are. */
function unitOf(bytes: Uint8Array): [width: 1 | 2 | 4, little: boolean] {
  const [a = 1, b = 1, c = 1, d = 1] = bytes;
  if (a === 0xff && b === 0xfe) return bytes.length >= 4 && c === 0 && d === 0 ? [4, true] : [2, true];
  if (a === 0xfe && b === 0xff) return [2, false];
  if (a === 0) return b === 0 ? [4, false] : [2, false];
  if (b === 0) return bytes.length >= 4 && c === 0 && d === 0 ? [4, true] : [2, true];
  return [1, true];
}

function decodeUtf32(bytes: Uint8Array, little: boolean): string | null {
  if (bytes.length % 4 !== 0) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    const code = view.getUint32(at, little);
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return null;
    parts.push(String.fromCodePoint(code));
  }
  return parts.join("");
}
