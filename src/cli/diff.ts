/** keraport diff: where two files differ. */
import { printable } from "../core/error.ts";
import { diffLoaded } from "../api/diff.ts";
import { formatDifference } from "../verify/diff.ts";
import { DIFFERENT, DONE, type ExitCode, print, printResult } from "./io.ts";
import { type CliOptions, opening, withPair } from "./open.ts";

/** `keraport diff A B`. Exit code 1 where they differ. */
export async function diff([a, b]: readonly string[], options: CliOptions): Promise<ExitCode> {
  return withPair<ExitCode>([a!, b!], await opening(options), async (first, second) => {
    const result = await diffLoaded(first, second);
    if (options["json"] === true) printResult(result);
    else if (result.equal) print("equal: configs and weights");
    else print(result.differences.map((difference) => printable(formatDifference(difference))).join("\n"));
    return result.equal ? DONE : DIFFERENT;
  });
}
