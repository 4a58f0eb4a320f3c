/** Tokens of a JSON text: white space, strings, numbers and words. Spec: RFC 8259 sections 2, 6 and 7. */
import { fail, type Problem } from "../../core/error.ts";
import { JsonNumber } from "./node.ts";

/** Python refuses longer integers too (sys.int_info.default_max_str_digits). */
const MAX_NUMBER = 4300;
/** Numbers repeat (shapes, sizes): equal texts share one node, up to this many. */
const MAX_SHARED = 65_536;

const WORDS: readonly [string, null | boolean | JsonNumber][] = [
  ["null", null],
  ["true", true],
  ["false", false],
  ["NaN", new JsonNumber("NaN")],
  ["Infinity", new JsonNumber("Infinity")],
  ["-Infinity", new JsonNumber("-Infinity")],
];

const ESCAPES: ReadonlyMap<string, number> = new Map(
  Object.entries({ '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }).map(
    ([letter, meaning]) => [letter, meaning.charCodeAt(0)],
  ),
);

const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Reads one text from start to end. Throws `malformed/json` with the path and the place. */
export class Scanner {
  /** Whether a character that ensure_ascii would have escaped stands in the text. */
  hasNonAscii = false;
  readonly #text: string;
  readonly #file: string | undefined;
  readonly #path: () => string;
  readonly #shared = new Map<string, JsonNumber>();
  #at = 0;

  constructor(text: string, file: string | undefined, path: () => string) {
    this.#text = text;
    this.#file = file;
    this.#path = path;
    if (text.charCodeAt(0) === 0xfeff) this.#at = 1;
  }

  fail(code: Problem["code"], detail: Omit<Problem, "code">, at = this.#at): never {
    const offset = new TextEncoder().encode(this.#text.slice(0, at)).length;
    fail(code, { file: this.#file, path: this.#path(), offset, ...detail });
  }

  unexpected(expected: string, at = this.#at): never {
    const code = this.#text.codePointAt(at);
    const found = code === undefined ? "the end of the text" : `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
    this.fail("malformed/json", { expected, found }, at);
  }

  atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  peek(): string {
    return this.#text.charAt(this.#at);
  }

  /** Steps over `c` if it comes next. */
  take(c: string): boolean {
    const found = this.#text.charAt(this.#at) === c;
    if (found) this.#at++;
    return found;
  }

  /** Steps over white space and returns it. */
  space(): string {
    const start = this.#at;
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  /** A string, from its opening to its closing quote. */
  string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    let end = start;
    let escaped = false;
    for (;;) {
      const code = text.charCodeAt(end);
      if (code === 34) break;
      if (code === 92) {
        escaped = true;
        end++;
      } else if (Number.isNaN(code)) this.unexpected("the end of a string", text.length);
      else if (code < 32) this.unexpected("no control characters in a string", end);
      else if (code > 126) this.hasNonAscii = true;
      end++;
    }
    const value = escaped ? this.#unescape(start, end) : text.slice(start, end);
    this.#at = end + 1;
    return value;
  }

  #unescape(start: number, end: number): string {
    const units = new Uint16Array(end - start);
    let length = 0;
    for (let i = start; i < end; i++) {
      let code = this.#text.charCodeAt(i);
      if (code === 92) {
        const letter = this.#text.charAt(++i);
        const simple = ESCAPES.get(letter);
        const digits = this.#text.slice(i + 1, i + 5);
        if (simple !== undefined) code = simple;
        else if (letter === "u" && /^[0-9a-fA-F]{4}$/.test(digits) && i + 4 < end) {
          code = parseInt(digits, 16);
          i += 4;
        } else this.unexpected("an escape sequence", i);
      }
      units[length++] = code;
    }
    let value = "";
    for (let i = 0; i < length; i += 8192)
      value += String.fromCharCode(...units.subarray(i, Math.min(i + 8192, length)));
    return value;
  }

  /** A number, or one of null, true, false, NaN, Infinity, -Infinity. */
  literal(): null | boolean | JsonNumber {
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return this.#number();
  }

  #number(): JsonNumber {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    const digits = (): void => {
      if (!isDigit(text.charCodeAt(at))) this.unexpected(at === start ? "a value" : "a digit", at);
      while (isDigit(text.charCodeAt(at))) at++;
    };
    if (text[at] === "-") at++;
    if (text[at] === "0") at++;
    else digits();
    if (text[at] === ".") {
      at++;
      digits();
    }
    if (text[at] === "e" || text[at] === "E") {
      at++;
      if (text[at] === "+" || text[at] === "-") at++;
      digits();
    }
    if (at - start > MAX_NUMBER)
      this.fail("limit/json-number", { expected: `at most ${MAX_NUMBER} characters` }, start);
    this.#at = at;
    return this.#share(text.slice(start, at));
  }

  #share(text: string): JsonNumber {
    const known = this.#shared.get(text);
    if (known !== undefined) return known;
    const number = new JsonNumber(text);
    if (this.#shared.size < MAX_SHARED) this.#shared.set(text, number);
    return number;
  }
}
