/**
 * Patterns of RE2 that mean the same to JavaScript and never take long: alternatives of characters and classes of them, one
 * repetition in each, and few that may be left out. Source: https://github.com/google/re2/wiki/Syntax.
 */
import { fail } from "../../core/error.ts";

/** Of characters, as RE2 means them without flags: ASCII alone. */
const CLASSES: Readonly<Record<string, string>> = {
  d: "0-9",
  w: "0-9A-Za-z_",
  s: "\\t\\n\\f\\r ",
};
/** The sets of POSIX, which stand in other classes. */
const SETS: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  blank: "\\t ",
  cntrl: "\\0-\\x1F\\x7F",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`\\{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};
const CONTROLS: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f", v: "\v" };
/** What a text may have so many characters of, where a repetition stands before something else. */
export const LONGEST = 10_000;
/** How many characters may be there or not in one alternative: each doubles the ways that JavaScript tries. */
const MOST_OPTIONAL = 4;
const LONGEST_PATTERN = 4096;

/** A pattern, whether cases are alike, and whether each place of a text may be looked at many times. */
export interface Pattern {
  readonly source: string;
  readonly flags: "u" | "iu";
  readonly isSlow: boolean;
}

/** What stands between characters, and no set of them. */
const BETWEEN: ReadonlySet<string> = new Set(["^", "$", "\\b", "\\B"]);

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
      expected:
        "characters, classes of them and alternatives, with one repetition and few optional ones in each (two, for whole texts)",
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
  static #plain = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/]/u, "\\$&");
  static #inClass = (character: string): string => (character === "-" ? "\\-" : Reader.#plain(character));

  /** What follows a backslash: a set of characters, or one. */
  #escaped(): { readonly set: string; readonly isOther: boolean } | { readonly one: string } {
    const character = this.#next();
    if (CONTROLS[character] !== undefined) return { one: CONTROLS[character] };
    const set = CLASSES[character.toLowerCase()];
    if (set !== undefined) return { set, isOther: CLASSES[character] === undefined };
    return /^[!-/:-@[-^`{-~]$/.test(character) ? { one: character } : this.refuse();
  }

  /** A character of a class that has been begun. */
  #end(): string {
    const character = this.#next();
    if (character !== "\\") return character;
    const found = this.#escaped();
    return "one" in found ? found.one : this.refuse();
  }

  /** What stands in a class: sets, ranges, and characters; a hyphen that makes no range is one. */
  #item(): string {
    const character = this.#next();
    if (character === "[" && this.#take(":")) {
      let name = "";
      while (!this.#take(":")) name += this.#next();
      const set = SETS[name];
      return set !== undefined && this.#take("]") ? set : this.refuse();
    }
    const found = character === "\\" ? this.#escaped() : { one: character };
    if ("set" in found) return found.isOther ? this.refuse() : found.set;
    const first = Reader.#inClass(found.one);
    if (this.#text[this.#at] !== "-" || this.#text[this.#at + 1] === "]") return first;
    this.#at++;
    return `${first}-${Reader.#inClass(this.#end())}`;
  }

  #class(): string {
    const isOther = this.#take("^");
    let inside = "";
    do inside += this.#item();
    while (!this.#take("]"));
    return `[${isOther ? "^" : ""}${inside}]`;
  }

  atom(): string {
    const character = this.#next();
    if (character === "\\") {
      if (this.#take("b")) return "\\b";
      if (this.#take("B")) return "\\B";
      const found = this.#escaped();
      return "one" in found ? Reader.#plain(found.one) : `[${found.isOther ? "^" : ""}${found.set}]`;
    }
    if (character === "[") return this.#class();
    if (character === ".") return "[^\\n]";
    if ("()*+?{".includes(character)) this.refuse();
    return "^$".includes(character) ? character : Reader.#plain(character);
  }

  repetition(): "" | "?" | "*" | "+" {
    for (const sign of ["?", "*", "+"] as const)
      if (this.#take(sign)) return "?*+{".includes(this.#text[this.#at] ?? " ") ? this.refuse() : sign;
    return "";
  }

  /** Whether it begins with what makes cases alike. */
  isUncased(): boolean {
    if (this.#text.slice(0, 4).join("") !== "(?i)") return false;
    this.#at = 4;
    return true;
  }

  isAlternative(): boolean {
    return this.#take("|");
  }
}

/** Throws `unsupported/argument` for what is not among these patterns, and for those that match nothing at all. */
export function patternOf(text: string, isWhole: boolean): Pattern {
  const reader = new Reader(text.slice(0, LONGEST_PATTERN + 1));
  if (text.length > LONGEST_PATTERN) reader.refuse();
  const flags = reader.isUncased() ? "iu" : "u";
  let [source, isSlow, repeated, isOpen, optional] = ["", false, 0, true, 0];
  while (!reader.isDone) {
    if (reader.isAlternative()) {
      source += "|";
      [repeated, isOpen, optional] = [0, true, 0];
      continue;
    }
    const atom = reader.atom();
    const sign = reader.repetition();
    if (repeated > 0) isSlow = true;
    if ((sign === "*" || sign === "+") && ++repeated > (isWhole ? 2 : 1)) reader.refuse();
    if (sign === "?" && ++optional > MOST_OPTIONAL) reader.refuse();
    if (sign !== "" && BETWEEN.has(atom)) reader.refuse();
    source += atom + sign;
    isOpen &&= BETWEEN.has(atom);
  }
  if (isOpen && !isWhole) reader.refuse();
  let known: RegExp;
  try {
    known = new RegExp(source, flags);
  } catch {
    return reader.refuse();
  }
  if (!isWhole && known.test("")) reader.refuse();
  return { source, flags, isSlow };
}
