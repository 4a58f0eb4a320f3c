/** keraport run: a model's outputs for inputs from a file. */
import { printable } from "../core/error.ts";
import { showShape, type Tensor, valuesOf } from "../core/tensor.ts";
import { outputEnding, plainTensor, readInputsFile, writeOutputsFile } from "./arrays.ts";
import { colors, DONE, type ExitCode, note, print, printResult, progress, tellingProgress, usage } from "./io.ts";
import { type CliOptions, checkOutput, oneOf, opening, runtime, textOption, withModel } from "./open.ts";

const SHOWN = 12;

/** The first values, enough to see what came out. */
function show(name: string, value: Tensor): string {
  const values = valuesOf(value);
  const first = Array.from({ length: Math.min(SHOWN, values.length) }, (_, i) => {
    const x = values[i]!;
    return typeof x === "number" ? String(Number(x.toPrecision(7))) : String(x);
  });
  const rest = values.length > SHOWN ? `, … (${values.length} values)` : "";
  return `${colors.bold(printable(name))} ${value.dtype} ${showShape(value.shape)}\n  ${printable(first.join(", "))}${rest}`;
}

/** `keraport run FILE --input FILE`. */
export async function run([file]: readonly string[], options: CliOptions): Promise<ExitCode> {
  const input = textOption(options, "input") ?? usage("run wants --input with a .npy, .npz or .json file");
  const output = textOption(options, "output");
  const precision = oneOf(options, "precision", ["default", "fast", "float64"]);
  const chosen = { ...runtime({ ...options, precision: undefined }), ...(precision !== undefined && { precision }) };
  await checkOutput(output, [file, input, textOption(options, "weights")], options);
  return withModel<ExitCode>(file!, await opening(options), async (model) => {
    if (output !== undefined) outputEnding(output, model.outputs.length);
    const inputs = await readInputsFile(input, model.inputs);
    progress(`running ${printable(file!)} …`);
    const outputs = await model.predict(inputs, { ...chosen, onProgress: tellingProgress(file!) });
    progress(null);
    const ends = model.outputs;
    if (output !== undefined) await writeOutputsFile(output, outputs, ends, options["force"] === true);
    if (options["json"] === true)
      printResult({ outputs: outputs.map((value, i) => plainTensor(ends[i]!.name, value)) });
    else if (output === undefined) print(outputs.map((value, i) => show(ends[i]!.name, value)).join("\n"));
    else
      note(
        `wrote ${printable(output)}: ${outputs.map((value) => `${value.dtype} ${showShape(value.shape)}`).join(", ")}`,
      );
    return DONE;
  });
}
