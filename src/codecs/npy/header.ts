/** The header of a `.npy`: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, padded to 64 bytes. */
import { atMost, fail } from "../../core/error.ts";

/** What a header says. */
export interface NpyHeader {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly end: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const ALIGNMENT = 64;
const GROWTH_AXIS_MAX_DIGITS = 21;
/** NumPy itself refuses headers beyond 10 000 characters. */
const MAX_HEADER = 65_535;
/** So far elements may begin. */
export const MAX_START = 12 + MAX_HEADER;

type Literal = string | boolean | number[];

/** Reads and checks everything before the elements. */
export function parseHeader(bytes: Uint8Array): NpyHeader {
  const malformed = (detail: { message?: string; expected?: string; found?: string; offset?: number }): never =>
    fail("malformed/npy", { source: "npy", ...detail });
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) malformed({ expected: "the bytes \\x93NUMPY", offset: 0 });
  const major = bytes[6];
  if (major !== 1 && major !== 2 && major !== 3) {
    fail("unsupported/npy-version", { source: "npy", expected: "version 1, 2 or 3", found: `${major}.${bytes[7]}` });
  }
  const start = major === 1 ? 10 : 12;
  if (bytes.length < start)
    fail("malformed/truncated", { source: "npy", expected: `${start} bytes`, found: `${bytes.length}` });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  atMost("limit/npy-header", length, MAX_HEADER, "bytes", { source: "npy" });
  const end = start + length;
  if (bytes.length < end)
    fail("malformed/truncated", { source: "npy", expected: `${end} bytes`, found: `${bytes.length}` });

  const text = new TextDecoder(major === 3 ? "utf-8" : "latin1").decode(bytes.subarray(start, end));
  const fields = parseDict(text);
  const descr = fields.get("descr");
  const fortranOrder = fields.get("fortran_order");
  const shape = fields.get("shape");
  if (fields.size !== 3 || typeof descr !== "string" || typeof fortranOrder !== "boolean" || !Array.isArray(shape)) {
    return malformed({ expected: "a header with descr, fortran_order and shape", offset: start });
  }
  return { descr, fortranOrder, shape, end };
}

/** A dict display of strings, booleans and tuples of integers (with Python 2's `L`), as far as headers have them. */
function parseDict(text: string): Map<string, Literal> {
  const tokens = tokenize(text);
  const fields = new Map<string, Literal>();
  let at = 0;
  const expectToken = (token: string): void => {
    if (tokens[at++] !== token) fail("malformed/npy", { source: "npy", message: `the header wants ${token}` });
  };
  const value = (): Literal => {
    const token = tokens[at++] ?? "";
    if (token === "True" || token === "False") return token === "True";
    if (token.startsWith("'") || token.startsWith('"')) return token.slice(1, -1);
    if (token === "[") fail("unsupported/npy-dtype", { source: "npy", message: "an array of records" });
    if (token !== "(") fail("malformed/npy", { source: "npy", message: "the header holds an odd value" });
    const items: number[] = [];
    while (tokens[at] !== ")") {
      const item = Number(/^\d+/.exec(tokens[at++] ?? "")?.[0] ?? NaN);
      if (!Number.isSafeInteger(item))
        fail("malformed/npy", { source: "npy", message: "a shape that is no tuple of sizes" });
      items.push(item);
      // `(3)` is a number in Python, not a shape.
      if (tokens[at] !== ")" || items.length === 1) expectToken(",");
    }
    at++;
    return items;
  };
  expectToken("{");
  while (tokens[at] !== "}") {
    const key = value();
    if (typeof key !== "string" || fields.has(key))
      fail("malformed/npy", { source: "npy", message: "a key that is odd or twice there" });
    expectToken(":");
    fields.set(key, value());
    if (tokens[at] !== "}") expectToken(",");
  }
  if (at !== tokens.length - 1) fail("malformed/npy", { source: "npy", message: "text after the header's dict" });
  return fields;
}

function tokenize(text: string): string[] {
  const pattern = /\s*('[^'\\]*'|"[^"\\]*"|True|False|\d+L?|[{}(),:[])/y;
  const tokens: string[] = [];
  const end = text.trimEnd().length;
  while (pattern.lastIndex < end) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) {
      // Records have more in them than these tokens, but are refused by their first bracket.
      if (tokens.includes("[")) return tokens;
      fail("malformed/npy", { source: "npy", message: "a header that is no plain Python dict", offset: at });
    }
    tokens.push(match[1]!);
  }
  return tokens;
}

/** Magic, version 1.0, length and header, as NumPy 2 pads them. */
export function printHeader(descr: string, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const room = shape.length === 0 ? 0 : GROWTH_AXIS_MAX_DIGITS - String(shape[0]).length;
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }${" ".repeat(room)}`;
  const unpadded = MAGIC.length + 4 + dict.length + 1;
  const padding = ALIGNMENT - (unpadded % ALIGNMENT);
  const length = dict.length + padding + 1;
  if (length > MAX_HEADER) fail("limit/rank", { source: "npy", message: "a shape too long for a header" });
  const head = Uint8Array.of(...MAGIC, 1, 0, length & 255, length >> 8);
  return new Uint8Array([...head, ...new TextEncoder().encode(`${dict}${" ".repeat(padding)}\n`)]);
}
