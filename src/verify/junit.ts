/** Verifications as JUnit XML, which continuous integration shows: a suite a model, a case a tensor. */
import { formatProblem, printable, type Problem } from "../core/error.ts";
import { escapeHtml } from "./escape.ts";
import type { VerifyReport } from "./report.ts";
import { scientific, whatIsWrong } from "./text.ts";

/** A model that was compared, or why it could not be. */
export interface JunitSuite {
  readonly name: string;
  readonly report: VerifyReport | null;
  readonly problems: readonly Problem[];
}

interface Case {
  readonly name: string;
  /** What of the case is told, and whether it is that the case could not be tried. */
  readonly wrong: string | null;
  readonly isError: boolean;
}

const text = (value: string): string => escapeHtml(printable(value, 2000));

function casesOf({ report, problems }: JunitSuite): readonly Case[] {
  if (report === null)
    return [
      { name: "opens and runs", wrong: problems.map((problem) => formatProblem(problem)).join("; "), isError: true },
    ];
  const tensors = report.tensors.map((tensor) => ({
    name: tensor.name,
    wrong: tensor.ok
      ? null
      : `max abs ${scientific(tensor.maxAbs)}, max rel ${scientific(tensor.maxRel)};${whatIsWrong(tensor).join(";")}`,
    isError: false,
  }));
  return tensors.length > 0
    ? tensors
    : [{ name: "compares", wrong: report.ok ? null : "nothing was compared", isError: false }];
}

function suite(given: JunitSuite): string {
  const cases = casesOf(given);
  const [failures, errors] = [false, true].map(
    (isError) => cases.filter((c) => c.wrong !== null && c.isError === isError).length,
  );
  const name = text(given.name);
  return [
    `  <testsuite name="${name}" tests="${cases.length}" failures="${failures}" errors="${errors}">`,
    ...cases.map(({ name: of, wrong, isError }) => {
      const open = `    <testcase classname="${name}" name="${text(of)}"`;
      return wrong === null
        ? `${open}/>`
        : `${open}><${isError ? "error" : "failure"} message="${text(wrong)}"/></testcase>`;
    }),
    "  </testsuite>",
  ].join("\n");
}

/** `failure`: a tensor that differs; `error`: a model that is refused. */
export function junitReport(suites: readonly JunitSuite[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="keraport verify">\n${suites.map(suite).join("\n")}\n</testsuites>\n`;
}
