/** keraport convert: a file in another format. */
import { printable } from "../core/error.ts";
import type { FormatId } from "../formats/archive.ts";
import { QUANTIZATIONS, WASM_PLACES } from "../exporters/types.ts";
import { convert, type ConvertOptions, type EditOptions, type InputShapes } from "../node.ts";
import { colors, DONE, type ExitCode, print, printResult, progress, tellingProgress, usage } from "./io.ts";
import { version } from "./version.ts";
import { type CliOptions, numberOption, oneOf, opening, textOption } from "./open.ts";

const listed = (title: string, lines: readonly string[]): string[] =>
  lines.map((line, i) => `${i === 0 ? title.padEnd(9) : " ".repeat(9)}${printable(line)}`);

/** `--rename a=b,c=d --batch 1 --cut layer --drop-optimizer --float16`. */
function edits(options: CliOptions): EditOptions {
  const [rename, batch, cut] = ["rename", "batch", "cut"].map((name) => textOption(options, name));
  const names = (rename ?? "").split(",").filter((part) => part !== "");
  const pairs = names.map((part) => part.split("="));
  if (rename !== undefined && (pairs.length === 0 || pairs.some((pair) => pair.length !== 2)))
    usage(`--rename wants old=new, several with commas between, not ${rename}`);
  return {
    ...(rename !== undefined && { rename: Object.fromEntries(pairs) as { readonly [name: string]: string } }),
    ...(batch !== undefined && { batch: batch === "any" ? null : numberOption(options, "batch")! }),
    ...(cut !== undefined && { cut }),
    ...(options["dropOptimizer"] === true && { dropOptimizer: true }),
    ...(options["float16"] === true && { float16: true }),
  };
}

/** `--shape 1x10x64`, `--shape a=1x10,b=1x5`: a set of shapes each time. */
function shapes(given: unknown): readonly InputShapes[] | undefined {
  if (given === undefined) return undefined;
  return (Array.isArray(given) ? given : [given]).map((set: unknown): InputShapes => {
    const parts = String(set)
      .split(",")
      .map((part) => /^(?:(.+)=)?([0-9]+(?:x[0-9]+)*)$/.exec(part) ?? usage(`--shape wants 1x10x64, not ${part}`));
    const lengths = parts.map(([, , text]) => text!.split("x").map(Number));
    if (parts.every(([, name]) => name === undefined)) return lengths.length === 1 ? lengths[0]! : lengths;
    return Object.fromEntries(
      parts.map(([part, name], i) => [name ?? usage(`which input is ${part} of?`), lengths[i]!]),
    );
  });
}

/** Options of formats of operations. */
function ofOperations(options: CliOptions): ConvertOptions {
  const [opset, sets] = [numberOption(options, "opset"), shapes(options["shape"])];
  const shardSize = numberOption(options, "shardSize");
  const [wasm, quantize] = [oneOf(options, "wasm", WASM_PLACES), oneOf(options, "quantize", QUANTIZATIONS)];
  return {
    ...(opset !== undefined && { opset }),
    ...(sets !== undefined && { shapes: sets }),
    ...(options["inline"] === true && { inline: true }),
    ...(wasm !== undefined && { wasm }),
    ...(quantize !== undefined && { quantize }),
    ...(shardSize !== undefined && { shardSize }),
  };
}

/** `keraport convert INPUT OUTPUT`. */
export async function convertCommand(paths: readonly string[], options: CliOptions): Promise<ExitCode> {
  const many = ["jobs", "timeout", "memory", "shard", "manifest"].find((name) => options[name] !== undefined);
  if (options["out"] !== undefined) return (await import("./bulk.ts")).bulk(paths, options, await version());
  if (many !== undefined) usage(`--${many} is for many files: --out names the folder that they go to`);
  const [input, output] = paths;
  if (paths.length !== 2) usage("convert wants an input and an output, or --out with a folder");
  const dialect = oneOf(options, "dialect", ["keras2", "keras3", "same"]);
  const edit = edits(options);
  const own = ofOperations(options);
  progress(`converting ${printable(input!)} …`);
  const result = await convert(input!, output!, {
    verify: options["verify"] !== false,
    force: options["force"] === true,
    ...(options["to"] !== undefined && { format: String(options["to"]) as FormatId }),
    ...(dialect !== undefined && { dialect }),
    ...own,
    ...(await opening(options)),
    ...(Object.keys(edit).length > 0 && { edit }),
    onProgress: tellingProgress(`converting ${input!}`),
  });
  progress(null);
  if (options["json"] === true) {
    printResult(result);
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
