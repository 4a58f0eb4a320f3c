/**
 * The public doors. Behind each, whatever is neither a `FormatError` nor the caller's own (an `AbortSignal`'s reason, an
 * error of a caller's callback) becomes `internal/error`; before each, options are read once and checked.
 */
import { fail, placed, rethrowing, typed } from "./error.ts";

/** Runs a public function; `name` is what the caller called. */
export function door<T>(name: string, body: () => T): T {
  return rethrowing(body, (error) => typed(error, name));
}

/**
 * Puts a door before every method and getter of a class. Allocates nothing when one is called. `fileOf`: the file that what
 * goes wrong is said to be in, where it names none.
 */
export function guardMethods<T extends object>(
  type: { readonly name: string; readonly prototype: T },
  fileOf: (instance: T) => string | undefined = () => undefined,
): void {
  for (const [key, given] of Object.entries(Object.getOwnPropertyDescriptors(type.prototype))) {
    if (key === "constructor") continue;
    const name = `${type.name}.${key}`;
    const { get, value } = given as { get?: () => unknown; value?: unknown };
    if (get !== undefined) given.get = guarded(name, get, fileOf);
    else if (typeof value === "function") given.value = guarded(name, value as Method, fileOf);
    Object.defineProperty(type.prototype, key, given);
  }
}

type Method<T = never> = (this: T, a?: unknown, b?: unknown) => unknown;

function guarded<T>(name: string, method: Method<T>, fileOf: (instance: T) => string | undefined): Method<T> {
  const refuse = (instance: T, error: unknown): never => {
    const file = attempt(() => fileOf(instance));
    const found = typed(error, name);
    throw file === undefined ? found : placed(found, (problem) => ({ ...problem, file: problem.file ?? file }));
  };
  return function (this: T, a, b) {
    try {
      const result = method.call(this, a, b);
      return result instanceof Promise ? result.catch((error: unknown) => refuse(this, error)) : result;
    } catch (error) {
      return refuse(this, error);
    }
  };
}

/** What an option may be: a number from 0 (NaN is none); undefined is always none. `any`: whoever uses it checks it. */
export type OptionKind = "boolean" | "number" | "string" | "object" | "any";

/** Every option by name: `satisfies OptionKinds<LoadOptions>` keeps the list whole. */
export type OptionKinds<T> = { readonly [K in keyof Required<T>]: OptionKind };

function isKind(value: unknown, kind: OptionKind): boolean {
  if (kind === "any") return true;
  if (kind === "number") return typeof value === "number" && value >= 0;
  return kind === "object" ? typeof value === "object" && value !== null : typeof value === kind;
}

/** How a value is named to whoever gave it, without showing it. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined || Number.isNaN(value)) return String(value);
  if (Array.isArray(value)) return "an array";
  if (ArrayBuffer.isView(value)) return `a ${Object.prototype.toString.call(value).slice(8, -1)}`;
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/**
 * The options of a public function, read once. Throws `mismatch/option` for what is no object, for names that are not
 * known (with the nearest that is), and for values of another kind.
 */
export function readOptions<T extends object>(where: string, given: T, kinds: OptionKinds<NoInfer<T>>): T {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    fail("mismatch/option", { source: where, expected: "an object of options", found: kindOf(given) });
  const read = (): readonly [string, unknown][] => Object.entries(given);
  const entries = attempt(read) ?? fail("mismatch/option", { source: where, message: "the options cannot be read" });
  for (const [name, value] of entries) {
    if (!Object.hasOwn(kinds, name)) unknownOption(where, name, Object.keys(kinds));
    const kind = kinds[name as keyof T];
    if (value !== undefined && !isKind(value, kind))
      fail("mismatch/option", {
        source: where,
        path: name,
        expected: kind === "number" ? "a number from 0" : kind,
        found: kind === "number" && typeof value === "number" ? String(value) : kindOf(value),
      });
  }
  return Object.fromEntries(entries) as T;
}

/** Refuses what is no text: `mismatch/argument`. */
export function checkText(what: string, value: unknown): asserts value is string {
  if (typeof value !== "string") fail("mismatch/argument", { path: what, expected: "a string", found: kindOf(value) });
}

/** What `body` gives; undefined when it throws. */
export function attempt<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}

/** The nearest of the names that are known, then all. */
export function nearestOf(name: string, known: readonly string[]): string {
  return known.length === 0 ? "none" : `${nearest(name, known)} (of ${known.join(", ")})`;
}

/** Refuses a name, with the nearest of those that are known. */
export function unknownOption(where: string, name: string, known: readonly string[]): never {
  return fail("mismatch/option", {
    source: where,
    path: name,
    message: "there is no such option",
    expected: nearestOf(name, known),
    found: name,
  });
}

/** Of some names the one that is written most like `name`. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  return [...known].sort((a, b) => distance(a, name) - distance(b, name))[0];
}

/** Insertions, deletions and replacements between two names, whatever the case; of long ones the beginning. */
function distance(a: string, b: string): number {
  const [x, y] = [a, b].map((text) => text.slice(0, 64).toLowerCase()) as [string, string];
  let row = Array.from({ length: y.length + 1 }, (_, i) => i);
  for (let i = 1; i <= x.length; i++) {
    const next = [i];
    for (let j = 1; j <= y.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (x[i - 1] === y[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[y.length]!;
}
