/** keraport convert: a file in another format. */
import { printable } from "../core/error.ts";
import type { FormatId } from "../formats/archive.ts";
import { convert, type EditOptions } from "../node.ts";
import { colors, DONE, type ExitCode, print, printJson, progress, usage } from "./io.ts";
import { number, oneOf, opening, text } from "./open.ts";

const listed = (title: string, lines: readonly string[]): string[] =>
  lines.map((line, i) => `${i === 0 ? title.padEnd(9) : " ".repeat(9)}${printable(line)}`);

/** `--rename a=b,c=d --batch 1 --cut layer --drop-optimizer --float16`. */
function edits(options: Readonly<Record<string, unknown>>): EditOptions {
  const [rename, batch, cut] = ["rename", "batch", "cut"].map((name) => text(options, name));
  const names = (rename ?? "").split(",").filter((part) => part !== "");
  const pairs = names.map((part) => part.split("="));
  if (rename !== undefined && (pairs.length === 0 || pairs.some((pair) => pair.length !== 2)))
    usage(`--rename wants old=new, several with commas between, not ${rename}`);
  return {
    ...(rename !== undefined && { rename: Object.fromEntries(pairs) as { readonly [name: string]: string } }),
    ...(batch !== undefined && { batch: batch === "any" ? null : number(options, "batch")! }),
    ...(cut !== undefined && { cut }),
    ...(options["dropOptimizer"] === true && { dropOptimizer: true }),
    ...(options["float16"] === true && { float16: true }),
  };
}

export async function convertCommand(
  [input, output]: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  const dialect = oneOf(options, "dialect", ["keras2", "keras3", "same"]);
  const edit = edits(options);
  const opset = number(options, "opset");
  progress(`converting ${printable(input!)} …`);
  const result = await convert(input!, output!, {
    verify: options["verify"] !== false,
    force: options["force"] === true,
    ...(options["to"] !== undefined && { format: String(options["to"]) as FormatId }),
    ...(dialect !== undefined && { dialect }),
    ...(opset !== undefined && { opset }),
    ...(await opening(options)),
    ...(Object.keys(edit).length > 0 && { edit }),
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
