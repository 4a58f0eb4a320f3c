/**
 * Python's `marshal`, as far as it holds code objects of Python 3: read, never run. Bounded: what is larger, deeper or
 * otherwise than expected is null. Source: CPython's Python/marshal.c.
 */

import { fail } from "../../core/error.ts";
import { attempt } from "../../core/guard.ts";

/** A constant, or a name. `symbol`: None is null, Ellipsis is `...`, what has no text of its own is its kind. */
export type PyValue =
  null | boolean | number | string | { readonly tuple: readonly PyValue[] } | { readonly symbol: string } | PyCode;

/** A code object. */
export interface PyCode {
  readonly code: Uint8Array;
  /** Its layout changed with these versions of Python. */
  readonly since: "3.0" | "3.8" | "3.11";
  readonly parameters: readonly string[];
  /** Local, cell and free variables, as instructions count them: two lists before 3.11. */
  readonly locals: readonly string[];
  readonly cells: readonly string[];
  readonly names: readonly string[];
  readonly constants: readonly PyValue[];
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

const MOST_BYTES = 1 << 16;
const MOST_VALUES = 4096;
const DEEPEST = 16;

/** Caught by `readCode`. */
const unreadable = (): never => fail("malformed/config", { expected: "a function of Python 3" });

const isCode = (value: PyValue): value is PyCode => typeof value === "object" && value !== null && "code" in value;
const items = (value: PyValue): readonly PyValue[] =>
  typeof value === "object" && value !== null && "tuple" in value ? value.tuple : unreadable();
const texts = (value: PyValue): readonly string[] => items(value).filter((one) => typeof one === "string");

class Reader {
  #at = 0;
  #count = 0;
  readonly #refs: PyValue[] = [];
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #since: PyCode["since"];

  constructor(bytes: Uint8Array, since: PyCode["since"]) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#since = since;
  }

  get isDone(): boolean {
    return this.#at === this.#bytes.length;
  }

  #take(length: number): Uint8Array {
    if (length < 0 || this.#at + length > this.#bytes.length) unreadable();
    return this.#bytes.subarray(this.#at, (this.#at += length));
  }

  #long(): number {
    this.#take(4);
    return this.#view.getInt32(this.#at - 4, true);
  }

  #text(length: number): string {
    return new TextDecoder().decode(this.#take(length));
  }

  value(depth = 0): PyValue {
    if (depth > DEEPEST || ++this.#count > MOST_VALUES) unreadable();
    const tag = this.#take(1)[0]!;
    const place = (tag & 0x80) === 0 ? -1 : this.#refs.push(null) - 1;
    const value = this.#tagged(String.fromCharCode(tag & 0x7f), depth);
    if (place >= 0) this.#refs[place] = value;
    return value;
  }

  #tuple(length: number, depth: number): { readonly tuple: readonly PyValue[] } {
    if (length < 0 || length > MOST_VALUES) unreadable();
    return { tuple: Array.from({ length }, () => this.value(depth + 1)) };
  }

  #tagged(tag: string, depth: number): PyValue {
    switch (tag) {
      case "N":
        return null;
      case "T":
        return true;
      case "F":
        return false;
      case ".":
        return { symbol: "..." };
      case "i":
        return this.#long();
      case "g":
        this.#take(8);
        return this.#view.getFloat64(this.#at - 8, true);
      case "y":
        this.#take(16);
        return { symbol: "complex" };
      case "l": {
        this.#take(Math.abs(this.#long()) * 2);
        return { symbol: "int" };
      }
      case "s":
        this.#take(this.#long());
        return { symbol: "bytes" };
      case "u":
      case "t":
      case "a":
      case "A":
        return this.#text(this.#long());
      case "z":
      case "Z":
        return this.#text(this.#take(1)[0]!);
      case ")":
        return this.#tuple(this.#take(1)[0]!, depth);
      case "(":
      case "[":
      case "<":
      case ">":
        return this.#tuple(this.#long(), depth);
      case "r":
        return this.#refs[this.#long()] ?? null;
      case "c":
        return this.#code(depth);
      default:
        return unreadable();
    }
  }

  #code(depth: number): PyCode {
    const since = this.#since;
    const isNew = since === "3.11";
    const [positional, , keywordOnly] = [this.#long(), since === "3.0" ? 0 : this.#long(), this.#long()] as const;
    for (let i = 0; i < (isNew ? 2 : 3); i++) this.#long();
    const flags = this.#view.getInt32(this.#at - 4, true);
    // Code is bytes, or a reference to such.
    const tag = this.#take(1)[0]!;
    if ((tag & 0x7f) !== 0x73) unreadable();
    if ((tag & 0x80) !== 0) this.#refs.push({ symbol: "bytes" });
    const code = this.#take(this.#long());
    const next = (): PyValue => this.value(depth + 1);
    const constants = items(next());
    const names = texts(next());
    const locals = texts(next());
    const rest = isNew ? (next(), []) : [next(), next()];
    const cells = rest.toReversed().flatMap(texts);
    const [file, name] = [next(), next()];
    if (isNew) next();
    const line = this.#long();
    next();
    if (isNew) next();
    const count = positional + keywordOnly + ((flags >> 2) & 1) + ((flags >> 3) & 1);
    if (typeof name !== "string" || typeof file !== "string") return unreadable();
    return { code, since, parameters: locals.slice(0, count), locals, cells, names, constants, name, file, line };
  }
}

/** A function's code; null where the bytes hold none that is understood. The layout that fits to the last byte is its own. */
export function readCode(bytes: Uint8Array): PyCode | null {
  if (bytes.length > MOST_BYTES) return null;
  for (const since of ["3.11", "3.8", "3.0"] as const) {
    const reader = new Reader(bytes, since);
    const value = attempt(() => reader.value());
    if (value !== undefined && reader.isDone && isCode(value)) return value;
  }
  return null;
}
