/**
 * Patterns of RE2 that mean the same to JavaScript and never take long: alternatives of characters and classes of them, one
 * repetition in each. Source: https://github.com/google/re2/wiki/Syntax.
 */
import { fail } from "../../core/error.ts";

/** Of characters, as RE2 means them without flags: ASCII alone. */
const CLASSES: Readonly<Record<string, string>> = {
  d: "0-9",
  w: "0-9A-Za-z_",
  s: "\\t\\n\\f\\r ",
};
const CONTROLS = "tnrfv";
/** What a text may have so many characters of, where a repetition stands before something else. */
export const LONGEST = 10_000;

/** A pattern, and whether each place of a text may be looked at many times. */
export interface Pattern {
  readonly source: string;
  readonly isSlow: boolean;
}

/** Reads one pattern from its start. */
class Reader {
  readonly #text: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#text = Array.from(text);
  }

  get isDone(): boolean {
    return this.#at === this.#text.length;
  }

  refuse(): never {
    return fail("unsupported/argument", {
      message: "pattern",
      expected: "characters, classes of them and alternatives, with one repetition in each",
      found: this.#text.join("").slice(0, 80),
    });
  }

  #next(): string {
    return this.isDone ? this.refuse() : this.#text[this.#at++]!;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** A character as JavaScript's patterns have it. */
  static #plain = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/-]/u, "\\$&");

  /** What follows a backslash. */
  #escaped(inClass: boolean): string {
    const character = this.#next();
    if (CONTROLS.includes(character)) return `\\${character}`;
    const known = CLASSES[character];
    if (known !== undefined) return inClass ? known : `[${known}]`;
    const others = CLASSES[character.toLowerCase()];
    if (others !== undefined && !inClass) return `[^${others}]`;
    return /^[!-/:-@[-`{-~]$/.test(character) ? Reader.#plain(character) : this.refuse();
  }

  #class(): string {
    const isOther = this.#take("^");
    let inside = "";
    do {
      const character = this.#next();
      if (character === "[" && this.#text[this.#at] === ":") this.refuse();
      inside += character === "\\" ? this.#escaped(true) : character === "-" ? this.#dash(inside) : Reader.#plain(character); // prettier-ignore
    } while (!this.#take("]"));
    return `[${isOther ? "^" : ""}${inside}]`;
  }

  /** Of a range, or itself at an end. */
  #dash(before: string): string {
    return before === "" || this.#text[this.#at] === "]" ? "\\-" : "-";
  }

  atom(): string {
    const character = this.#next();
    if (character === "\\") return this.#escaped(false);
    if (character === "[") return this.#class();
    if (character === ".") return "[^\\n]";
    if ("()*+?{}".includes(character)) this.refuse();
    return "^$".includes(character) ? character : Reader.#plain(character);
  }

  repetition(): "" | "?" | "*" | "+" {
    for (const sign of ["?", "*", "+"] as const)
      if (this.#take(sign)) return "?*+{".includes(this.#text[this.#at] ?? " ") ? this.refuse() : sign;
    return "";
  }

  isAlternative(): boolean {
    return this.#take("|");
  }
}

/** Throws `unsupported/argument` for what is not among these patterns, and for those that match nothing at all. */
export function patternOf(text: string, isWhole: boolean): Pattern {
  const reader = new Reader(text);
  let [source, isSlow, repeated, isOpen] = ["", false, false, true];
  while (!reader.isDone) {
    if (reader.isAlternative()) {
      source += "|";
      [repeated, isOpen] = [false, true];
      continue;
    }
    const atom = reader.atom();
    const sign = reader.repetition();
    if (sign === "*" || sign === "+") {
      if (repeated) reader.refuse();
      repeated = true;
    } else if (repeated) isSlow = true;
    if (sign !== "" && "^$".includes(atom)) reader.refuse();
    source += atom + sign;
    isOpen = false;
  }
  if (isOpen && !isWhole) reader.refuse();
  let known: RegExp;
  try {
    known = new RegExp(source, "u");
  } catch {
    return reader.refuse();
  }
  if (!isWhole && known.test("")) reader.refuse();
  return { source, isSlow };
}
