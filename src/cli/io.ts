/** Where a command writes: results on stdout, everything else on stderr, colours on terminals only. */
import {
  asFormatError,
  type ErrorCode,
  escapeUnseen,
  fail,
  formatProblem,
  printable,
  type Problem,
  visible,
} from "../core/error.ts";
import type { Progress } from "../core/progress.ts";

const MAX_STACK = 4000;

const coloured = (stream: { isTTY?: boolean }): boolean =>
  stream.isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";

/** Numbers of terminals that begin a way of writing, and end it. */
const STYLES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const;
type Colors = Readonly<Record<keyof typeof STYLES, (text: string) => string>>;

function colorsFor(stream: { isTTY?: boolean }): Colors {
  const isOn = coloured(stream);
  const entries = Object.entries(STYLES).map(([name, [begin, end]]) => {
    return [name, (text: string) => (isOn ? `\x1b[${begin}m${text}\x1b[${end}m` : text)];
  });
  return Object.fromEntries(entries) as Colors;
}
export const colors = colorsFor(process.stdout);
const errorColors = colorsFor(process.stderr);

/** Exit codes: done and equal, a comparison failed, wrong usage, refused, a fault of keraport's own. */
export const DONE = 0 as const;
export const DIFFERENT = 1 as const;
export const USAGE = 2 as const;
export const REFUSED = 3 as const;
export const FAULT = 70 as const;
export type ExitCode = typeof DONE | typeof DIFFERENT | typeof USAGE | typeof REFUSED | typeof FAULT;

/** Codes of refusals that are no fault of a file. */
const EXIT_CODES: ReadonlyMap<ErrorCode, ExitCode> = new Map([
  ["mismatch/verification", DIFFERENT],
  ["mismatch/output-exists", USAGE],
  ["mismatch/same-file", USAGE],
  ["mismatch/usage", USAGE],
  ["unsupported/backend", USAGE],
  ["unsupported/precision", USAGE],
  ["unsupported/strict", USAGE],
  ["unsupported/weight-dtype", USAGE],
]);

/** The exit code of the first of several problems. */
const exitCodeOf = (code: ErrorCode): ExitCode =>
  code.startsWith("internal/") ? FAULT : (EXIT_CODES.get(code) ?? REFUSED);

/** Refuses what was asked for. */
export function usage(message: string): never {
  return fail("mismatch/usage", { message });
}

/** A line of the result. */
export function print(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

/** What could act on a terminal is escaped in JSON too: it stands in strings only. */
export function printResult(value: unknown): void {
  // The line breaks are JSON's own: those of strings are escaped already.
  print(
    JSON.stringify(value, null, 2)
      .split("\n")
      .map((line) => escapeUnseen(line, true))
      .join("\n"),
  );
}

/** Remarks that are no results. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Warnings, a line each, on stderr. */
export function warn(problems: readonly Problem[]): void {
  for (const problem of problems) note(errorColors.yellow(formatProblem(problem, "warning")));
}

/** On a terminal: a line that the next one replaces; `null` removes it. */
export function progress(text: string | null): void {
  if (process.stderr.isTTY !== true) return;
  process.stderr.write(`\r\x1b[2K${text === null ? "" : errorColors.dim(text)}`);
}

const STAGES: Readonly<Record<Progress["stage"], string>> = {
  fetch: "arriving",
  read: "reading",
  write: "writing",
  check: "checking",
  run: "computing",
};

/** Says, of work that takes more than a second, how far it is and how long it will take. */
export function tellingProgress(what: string): (progress: Progress) => void {
  const since = Date.now();
  return ({ stage, share, left }) => {
    if (Date.now() - since < 1000) return;
    const parts = [
      ...(share === null ? [] : [`${Math.floor(share * 100)} %`]),
      ...(left === null ? [] : [`${Math.ceil(left / 1000)} s left`]),
    ];
    progress(`${printable(what)}: ${STAGES[stage]} ${parts.join(", ")}`);
  };
}

const plainProblem = (problem: Problem): Problem => ({
  ...problem,
  message: problem.message ?? formatProblem(problem).replace(/^[^:]*?: /, ""),
});

/** Reports a failure and gives the exit code for it. */
export function refuse(thrown: unknown, json: boolean): ExitCode {
  progress(null);
  const { code, problems, cause } = asFormatError(thrown);
  if (json) {
    const [first, ...others] = problems.map(plainProblem);
    printResult(others.length === 0 ? { error: first } : { error: first, errors: [first, ...others] });
  } else {
    for (const problem of problems) note(errorColors.red(formatProblem(problem)));
    if (cause instanceof Error) note(printable(cause.stack ?? "", MAX_STACK).replaceAll("\\u000a", "\n"));
  }
  return exitCodeOf(code);
}

/** Columns as wide as their widest cell; numbers to the right. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(),
): string {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => visible(row[i]!))));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => {
        const pad = " ".repeat(widths[i]! - visible(cell));
        return right.has(i) ? pad + cell : cell + pad;
      })
      .join("  ")
      .trimEnd();
  return [colors.bold(line(header)), ...rows.map(line)].join("\n");
}
