/** The values of a JSON text. Spec: RFC 8259, with Python's `NaN`, `Infinity` and `-Infinity`. */
import { fail } from "../../core/error.ts";

export type JsonNode = null | boolean | string | JsonNumber | JsonNode[] | JsonObject;

/** In insertion order. A Map, so that `__proto__` and `constructor` are keys like any other. */
export type JsonObject = Map<string, JsonNode>;

/** What `json.dumps` calls indent, separators and ensure_ascii, and what follows the value (a newline, mostly). */
export interface JsonStyle {
  readonly indent: number | null;
  readonly itemSeparator: string;
  readonly keySeparator: string;
  readonly ensureAscii: boolean;
  readonly end?: string;
}

/** A text's value, and how it was formatted. */
export interface JsonDocument {
  readonly root: JsonNode;
  readonly style: JsonStyle;
}

/** A number as the text that stood in the file: `1.0` is not `1`, and `1e-07` stays `1e-07`. Immutable. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The nearest float64; `text` has the rest of an integer beyond 2^53. */
  get value(): number {
    return Number(this.text);
  }

  /** Whether Python would read an int. */
  get isInteger(): boolean {
    return /^-?[0-9]+$/.test(this.text);
  }

  /** The number as Python prints it: `of(1)` is `1`, `of(1, "float")` is `1.0`. Throws `mismatch/json-number` for a fraction as int. */
  static of(n: number, kind?: "int" | "float"): JsonNumber {
    if (kind === "int" && !Number.isInteger(n))
      fail("mismatch/json-number", { expected: "an integer", found: String(n) });
    const asInt = kind === "int" || (kind === undefined && Number.isSafeInteger(n) && !Object.is(n, -0));
    return new JsonNumber(asInt ? BigInt(n).toString() : floatText(n));
  }
}

/** Python's `repr` of a float: shortest digits that round-trip, an exponent below 1e-4 and from 1e16. */
function floatText(n: number): string {
  if (!Number.isFinite(n)) return String(n);
  const sign = n < 0 || Object.is(n, -0) ? "-" : "";
  const [mantissa, power] = Math.abs(n).toExponential().split("e") as [string, string];
  const digits = mantissa.replace(".", "");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`;
}
