/** keraport convert: a file in another format. */
import { printable } from "../core/error.ts";
import type { FormatId } from "../formats/archive.ts";
import { convert } from "../node.ts";
import { colors, DONE, type ExitCode, print, printJson, progress } from "./io.ts";
import { number, oneOf, text } from "./open.ts";

const listed = (title: string, lines: readonly string[]): string[] =>
  lines.map((line, i) => `${i === 0 ? title.padEnd(9) : " ".repeat(9)}${printable(line)}`);

export async function convertCommand(
  [input, output]: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  const [weights, dialect] = [text(options, "weights"), oneOf(options, "dialect", ["keras2", "keras3", "same"])];
  const opset = number(options, "opset");
  progress(`converting ${printable(input!)} …`);
  const result = await convert(input!, output!, {
    verify: options["verify"] !== false,
    force: options["force"] === true,
    ...(options["to"] !== undefined && { format: String(options["to"]) as FormatId }),
    ...(weights !== undefined && { weights }),
    ...(dialect !== undefined && { dialect }),
    ...(opset !== undefined && { opset }),
  });
  progress(null);
  if (options["json"] === true) {
    printJson(result);
    return DONE;
  }
  const only = result.verified === "structure" ? ["weights and layers alone, not what they compute"] : [];
  const lines = [
    `${colors.bold(printable(output!))}: ${result.format}`,
    ...listed("kept", result.kept),
    ...listed("changed", result.changed),
    ...listed("dropped", result.dropped),
    ...listed("opens in", [result.opens]),
    ...(result.verified === false ? ["not verified"] : listed("verified", [...only, ...result.checks])),
  ];
  print(lines.join("\n"));
  return DONE;
}
