/**
 * The one way to fail. Every problem with a file or a request is a `FormatError`: plain data first, text last.
 */

import type { ErrorCode, ErrorFamily } from "./codes.ts";
import type { SignalLike } from "./platform.ts";

export type { ErrorCode, ErrorFamily };

/** What is wrong, where, what was wanted and what was there. Text is escaped and cut when the message is made. */
export interface Problem {
  /** `family/kind`, for example `mismatch/shape`. Stable: callers may switch on it. All are in docs/errors.md. */
  readonly code: ErrorCode;
  /** The format or stage that noticed, for example `keras-v3`, `hdf5`, `predict`. */
  readonly source?: string;
  /** The file as the caller named it. */
  readonly file?: string;
  /** The object inside the file, for example `model.weights.h5:layers/dense/vars/0`. */
  readonly path?: string;
  /** What is wrong, in a few words. */
  readonly message?: string;
  /** What was wanted. */
  readonly expected?: string;
  /** What was there. */
  readonly found?: string;
  /** Byte offset inside the file, where known. */
  readonly offset?: number;
}

const MAX_FIELD = 1000;
const MAX_MESSAGE = 4096;

/**
 * What could act on a terminal or a page, or be there unseen: control, format, private, unassigned and lone-surrogate
 * characters, line and paragraph separators, and what Unicode says to leave out when it cannot be shown.
 */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Such characters as \u escapes, of JSON where `json`. */
export function escapeUnseen(text: string, json = false): string {
  return text.replace(UNSEEN, (c) => {
    const point = c.codePointAt(0)!;
    if (point > 0xffff && !json) return `\\u{${point.toString(16)}}`;
    return Array.from({ length: c.length }, (_, i) => hex(c.charCodeAt(i))).join("");
  });
}

const hex = (unit: number): string => `\\u${unit.toString(16).padStart(4, "0")}`;

/** Makes text from a file safe for a terminal and bounded. */
export function printable(text: string, limit = MAX_FIELD): string {
  return escapeUnseen(text.length > limit ? `${text.slice(0, limit)}…` : text);
}

/** Characters that take room: colours do not. */
export const visible = (text: string): number => text.replace(/\x1b\[[0-9;]*m/g, "").length;

/** One line: `error[mismatch/shape] keras-v3: path: expected shape [4, 8], found [8, 4]`. */
export function formatProblem(problem: Problem, label = "error"): string {
  const { code, source, file, path, message, expected, found, offset } = problem;
  const where = [source, file, path]
    .filter((part) => part !== undefined && part !== "")
    .map((part) => printable(part!));
  const what = [
    code.startsWith("internal/") ? "a fault in keraport, please report it" : undefined,
    message === undefined ? undefined : printable(message, MAX_MESSAGE / 2),
    expected === undefined ? undefined : `expected ${printable(expected)}`,
    found === undefined ? undefined : `found ${printable(found)}`,
    offset === undefined ? undefined : `at byte ${offset}`,
  ].filter((part) => part !== undefined);
  return `${label}[${code}] ${[...where, what.join(", ")].join(": ")}`.slice(0, MAX_MESSAGE);
}

/** Thrown for bad input. `problems` holds every problem found, the first one's fields are on the error itself. */
export class FormatError extends Error {
  /** Always `FormatError`. */
  override readonly name = "FormatError";
  /** Everything that was found. */
  readonly problems: readonly Problem[];

  /** With one problem or more. */
  constructor(problems: readonly Problem[], options?: { readonly cause?: unknown }) {
    const lines = problems.map((problem) => formatProblem(problem));
    super(lines.join("\n").slice(0, MAX_MESSAGE), options);
    this.problems = problems;
  }
  /** Of the first problem: what `catch` switches on. */
  get code(): Problem["code"] {
    return this.problems[0]!.code;
  }
  /** The first problem's file. */
  get file(): string | undefined {
    return this.problems[0]!.file;
  }
  /** Where in the file, or of which layer or option, the first problem is. */
  get path(): string | undefined {
    return this.problems[0]!.path;
  }
  /** What the first problem says was wanted. */
  get expected(): string | undefined {
    return this.problems[0]!.expected;
  }
  /** What the first problem says was there. */
  get found(): string | undefined {
    return this.problems[0]!.found;
  }
}

/** Throws a `FormatError` with one problem. */
export function fail(code: Problem["code"], detail: Omit<Problem, "code"> = {}): never {
  throw new FormatError([{ code, ...detail }]);
}

/** Throws `code` when there are more of something than `most`. `unit` says of what: `bytes`, `axes of a shape`. */
export function atMost(
  code: Problem["code"] & `limit/${string}`,
  found: number,
  most: number,
  unit: string,
  where: Omit<Problem, "code" | "expected" | "found"> = {},
): void {
  if (!(found > most)) return;
  fail(code, { ...where, expected: `at most ${most} ${unit}`, found: `${found} ${unit.split(" ", 1)[0]}` });
}

/** Throws all problems together when there are any. */
export function failAll(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new FormatError(problems);
}

const callers = new WeakSet<object>();

/** Marks what the caller's own code threw, or an `SignalLike`'s reason: it leaves the library as it is. Gives it back. */
function callersOwn(error: unknown): unknown {
  if (typeof error === "object" && error !== null) callers.add(error);
  return error;
}

/** Neither keraport nor an engine throws anything but objects. */
export const isCallersOwn = (error: unknown): boolean =>
  typeof error !== "object" || error === null || callers.has(error);

/** Runs what the caller gave; what it throws leaves the library as it is. */
export function calling<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw callersOwn(error);
  }
}

/** Throws the signal's reason when it is aborted. */
export function checkSignal(signal: SignalLike | undefined): void {
  if (signal?.aborted === true) throw callersOwn(signal.reason);
}

/**
 * How Chromium and Firefox, Safari, and webpack's pages say that code does not come which is loaded when it is first
 * needed; Node has a code for it.
 */
const NOT_LOADED = /dynamically imported module|^Importing a module script|^Loading chunk/;

const isNotLoaded = (error: unknown): boolean =>
  error instanceof Error &&
  (NOT_LOADED.test(error.message) || (error as { readonly code?: unknown }).code === "ERR_MODULE_NOT_FOUND");

/** What nobody foresaw, as `internal/error` with the place; a `FormatError` as it is. */
export function asFormatError(error: unknown, where: Omit<Problem, "code" | "message"> = {}): FormatError {
  if (error instanceof FormatError) return error;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const code = isNotLoaded(error) ? "unsupported/missing-code" : "internal/error";
  return new FormatError([{ code, ...where, message }], { cause: error });
}

/** What leaves the library: `FormatError`s, and what is the caller's own. `source` names the public function. */
export function typed(error: unknown, source: string): unknown {
  return isCallersOwn(error) ? error : asFormatError(error, { source });
}

/** An error with more of its place; what nobody foresaw becomes `internal/error`. */
export function placed(error: unknown, change: (problem: Problem) => Problem): unknown {
  if (isCallersOwn(error)) return error;
  const { problems, cause } = asFormatError(error);
  return new FormatError(problems.map(change), cause === undefined ? undefined : { cause });
}

/** Runs `body`, a promise or not; what it throws becomes what `change` makes of it. */
export function rethrowing<T>(body: () => T, change: (error: unknown) => unknown): T {
  try {
    const result = body();
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      throw change(error);
    }) as T;
  } catch (error) {
    throw change(error);
  }
}

/** Runs `body`; an error from it gets `file` (and `source`, `pathPrefix`) where its problems have none. */
export function located<T>(where: { file?: string; source?: string; pathPrefix?: string }, body: () => T): T {
  const relocate = (problem: Problem): Problem => ({
    ...problem,
    source: problem.source ?? where.source,
    file: problem.file ?? where.file,
    path: where.pathPrefix === undefined ? problem.path : `${where.pathPrefix}${problem.path ?? ""}`,
  });
  return rethrowing(body, (error) => placed(error, relocate));
}
