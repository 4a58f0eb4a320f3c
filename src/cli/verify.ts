/** keraport verify: a model beside Keras's outputs or beside another model; a folder of models. */
import { stat } from "node:fs/promises";
import { asFormatError, printable } from "../core/error.ts";
import { writeOutputs } from "../core/node-outputs.ts";
import { BACKEND_NAMES } from "../api/backends.ts";
import { verify, type VerifyOptions, type VerifyReport } from "../node.ts";
import { htmlReport } from "../verify/html.ts";
import { junitReport } from "../verify/junit.ts";
import { plainReport } from "../verify/report.ts";
import { textReport } from "../verify/text.ts";
import {
  colors,
  DIFFERENT,
  DONE,
  type ExitCode,
  note,
  print,
  printResult,
  progress,
  tellingProgress,
  usage,
} from "./io.ts";
import {
  type CliOptions,
  checkOutput,
  numberOption,
  opening,
  runtime,
  textOption,
  withModel,
  withPair,
} from "./open.ts";
import { verifyFolder } from "./verify-folder.ts";

function settings(options: CliOptions): VerifyOptions {
  const found = {
    rtol: numberOption(options, "rtol"),
    atol: numberOption(options, "atol"),
    ...runtime(options, ["all"]),
    againstTruth: options["againstTruth"] === true ? true : undefined,
    layers: options["report"] === undefined ? undefined : true,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

async function writeText(path: string, content: string, options: CliOptions): Promise<void> {
  const chunks = async function* () {
    yield new TextEncoder().encode(content);
  };
  await writeOutputs(path, [{ path: "", chunks }], { force: options["force"] === true });
  if (options["json"] !== true) note(`wrote ${printable(path)}`);
}

async function compare(file: string, options: CliOptions, chosen: VerifyOptions): Promise<VerifyReport> {
  const [fixture, how] = [textOption(options, "fixture"), await opening(options)];
  if (fixture !== undefined)
    return withModel(file, how, (model) => verify(model, fixture, { ...chosen, onProgress: tellingProgress(file) }));
  const against = textOption(options, "against")!;
  return withPair([file, against], how, (model, other) =>
    verify(model, other, { ...chosen, onProgress: tellingProgress(file) }),
  );
}

/** By each backend that is installed, one after the other. */
async function byAll(file: string, options: CliOptions): Promise<ReadonlyMap<string, VerifyReport>> {
  const reports = new Map<string, VerifyReport>();
  for (const backend of BACKEND_NAMES) {
    try {
      const own = { ...options, backend };
      reports.set(backend, await compare(file, own, settings(own)));
    } catch (error) {
      const known = asFormatError(error);
      if (known.code !== "unsupported/backend") throw error;
      note(printable(known.message));
    }
  }
  return reports;
}

/** `keraport verify FILE`. */
export async function verifyCommand([file]: readonly string[], options: CliOptions): Promise<ExitCode> {
  const given = ["fixture", "against"].filter((name) => options[name] !== undefined);
  if (given.length > 1) usage("give --fixture or --against, not both");
  if (options["againstTruth"] === true && options["against"] !== undefined)
    usage("--against-truth is for fixtures: of two models neither is the truth");
  const isAll = options["backend"] === "all";
  if (isAll && given.length === 0) usage("--backend all is for one model: give --fixture or --against");
  const chosen = settings(options);
  const [page, junit] = [textOption(options, "report"), textOption(options, "junit")];
  const inputs = ["fixture", "against", "weights"].map((name) => textOption(options, name));
  for (const path of [page, junit]) await checkOutput(path, given.length === 0 ? [] : [file, ...inputs], options);
  if (given.length === 0) {
    const found = await stat(file!).catch(() => null);
    if (found?.isDirectory() !== true && found !== null)
      usage("give --fixture with an .npz, or --against with another model");
    return verifyFolder(file!, chosen, {
      json: options["json"] === true,
      how: await opening(options),
      report: page,
      junit,
      write: (path, content) => writeText(path, content, options),
    });
  }
  progress("computing …");
  const one = async () => new Map([["", await compare(file!, options, chosen)]]);
  const found = await (isAll ? byAll(file!, options) : one()).catch(async (error: unknown) => {
    if (junit !== undefined)
      await writeText(
        junit,
        junitReport([{ name: file!, report: null, problems: asFormatError(error).problems }]),
        options,
      );
    throw error;
  });
  progress(null);
  const reports = [...found.values()];
  const ok = reports.every((report) => report.ok);
  const named = [...found].map(([name, report]) => ({ name: isAll ? `${file} ${name}` : file!, report, problems: [] }));
  if (page !== undefined) await writeText(page, htmlReport(reports), options);
  if (junit !== undefined) await writeText(junit, junitReport(named), options);
  const plain = [...found].map(([name, report]) => [name, plainReport(report)] as const);
  if (options["json"] === true) printResult(isAll ? { ok, backends: Object.fromEntries(plain) } : plain[0]![1]);
  else for (const [name, report] of found) print(`${isAll ? `${name}:\n` : ""}${textReport(report, colors)}`);
  return ok ? DONE : DIFFERENT;
}
