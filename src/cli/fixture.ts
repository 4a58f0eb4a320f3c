/** keraport fixture: a Python script that makes a model's io.npz with Keras. */
import { fixtureScript } from "../verify/fixture-script.ts";
import { DONE, type ExitCode, print, printResult } from "./io.ts";
import { type CliOptions, opening, textOption, withModel } from "./open.ts";

/** `keraport fixture FILE`: a script for Python that makes the file's fixture. */
export async function fixture([file]: readonly string[], options: CliOptions): Promise<ExitCode> {
  const weights = textOption(options, "weights");
  return withModel<ExitCode>(file!, await opening(options), async (model) => {
    const script = fixtureScript({
      file: file!,
      ...(weights !== undefined && { weights }),
      root: model.data.root,
      inputs: model.inputs,
    });
    if (options["json"] === true) printResult({ script });
    else print(script);
    return DONE;
  });
}
