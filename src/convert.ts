/** From one format to another: load, write, read back what was written, compare. Nothing here needs Node. */
import { FormatError, type Problem } from "./core/error.ts";
import { checkText, type OptionKinds, readOptions } from "./core/guard.ts";
import { itemSize } from "./core/dtype.ts";
import { Watch } from "./core/progress.ts";
import { sizeOf } from "./core/tensor.ts";
import { withLimits } from "./core/limits.ts";
import { bytesSource, type Source } from "./core/source.ts";
import { LOAD_OPTIONS, loadModel, type LoadInput, type LoadOptions, type OpenPath } from "./api/load.ts";
import type { Model } from "./api/model.ts";
import {
  artifactFor,
  baseName,
  collectFiles,
  formatFor,
  graphFor,
  refuseOptions,
  SAVE_OPTIONS,
  type SaveOptions,
} from "./api/save.ts";
import { checkWritten, type Checked } from "./convert-check.ts";
import type { EditOptions } from "./edit.ts";
import { checkGraph } from "./convert-run.ts";
import { exporterOf } from "./exporters/index.ts";
import type { WrittenFiles } from "./exporters/types.ts";
import type { FormatId, OutputFile } from "./formats/archive.ts";
import { importArchive, type ImportInput } from "./importers/index.ts";

/** Options of `convert`. */
export interface ConvertOptions extends LoadOptions, SaveOptions {
  /** Edits before it is written: other names, batch size, up to a layer …; proved against the original. */
  readonly edit?: EditOptions;
  /** Whether what was written is read back and compared before it takes the target's name. Default true. */
  readonly verify?: boolean;
  /** Whether an existing target may be replaced. Default false. */
  readonly force?: boolean;
}

export const CONVERT_OPTIONS: OptionKinds<ConvertOptions> = {
  ...LOAD_OPTIONS,
  ...SAVE_OPTIONS,
  edit: "object",
  verify: "boolean",
  force: "boolean",
};

/** What became of a conversion. */
export interface Conversion {
  /** Of the target. */
  readonly format: FormatId;
  /** What was written as it was, one line each. */
  readonly kept: readonly string[];
  /** What was changed, one line each. */
  readonly changed: readonly string[];
  /** What the format cannot hold, one line each. */
  readonly dropped: readonly string[];
  /**
   * Whether what was written was read back and found equal. `structure`: what the file holds was, but not what is computed
   * with it; `checks` says why. `outputs`: of a format that is only written, what the file holds was, and it was run.
   */
  readonly verified: boolean | "structure" | "outputs";
  /** Which Keras opens the result, and the custom objects that it must be given. */
  readonly opens: string;
  /** What was found equal, one line each. */
  readonly checks: readonly string[];
}

/** How the files of a conversion reach their place. `check` must pass before they do; it reads them back. */
export type Deliver = (
  files: readonly OutputFile[],
  check: ((written: ImportInput) => Promise<void>) | null,
) => Promise<void>;

/** A file of ours that cannot be read back is a defect of the conversion, whatever the reader calls it. */
function unreadable(error: unknown): unknown {
  if (!(error instanceof FormatError) || error.code === "mismatch/verification") return error;
  const [{ code, path, message, expected, found }] = error.problems as [Problem];
  const what = `what was written cannot be read back (${code}${message === undefined ? "" : `: ${message}`})`;
  return new FormatError([{ code: "mismatch/verification", path, message: what, expected, found }]);
}

/** Writes a loaded model. Throws `unsupported/translation`, `mismatch/verification`. */
async function convertModel(
  model: Model,
  target: string,
  options: ConvertOptions,
  deliver: Deliver,
): Promise<Conversion> {
  const format = formatFor(target, options.format);
  const limits = withLimits(options.limits);
  const wanted = options.verify !== false;
  const row = exporterOf(format);
  refuseOptions(row, options);
  if (row.from === "graph") {
    const exported = await graphFor(model, row, saveOptionsOf(options), target);
    let checked: Checked = { checks: [], verified: "structure" };
    const read = async (written: ImportInput): Promise<void> => {
      const sources = written instanceof Map ? [...written] : [[target, written as Source] as const];
      const named: WrittenFiles = new Map(sources.map(([path, source]) => [baseName(path), source]));
      try {
        checked = await checkGraph(model, format, exported, named, limits);
      } finally {
        for (const source of named.values()) await source.close?.();
      }
    };
    const { files, kept, changed, dropped, opens } = exported;
    await deliver(files, wanted ? read : null);
    const { checks, verified } = checked;
    return { format, kept, changed, dropped, verified: wanted && verified, opens, checks };
  }
  const { artifact, opens } = await artifactFor(model, format, options.dialect, target);
  const write = await row.load();
  const { files, kept, changed, dropped } = await write(artifact, baseName(target));
  let checked: Checked = { checks: [], verified: true };
  const check = async (written: ImportInput): Promise<void> => {
    try {
      const archive = await importArchive(written, { limits });
      checked = await checkWritten(model, artifact, archive, { limits, ...model.data.reading }).finally(() =>
        archive.close(),
      );
    } catch (error) {
      throw unreadable(error);
    }
  };
  await deliver(files, wanted ? check : null);
  return { format, kept, changed, dropped, verified: wanted && checked.verified, opens, checks: checked.checks };
}

/** Without what is of loading, and of writing files. */
function saveOptionsOf(options: ConvertOptions): Omit<SaveOptions, "format"> {
  const own = Object.entries(options).filter(([name]) => name !== "format" && Object.hasOwn(SAVE_OPTIONS, name));
  return Object.fromEntries(own);
}

/** Keeps the files in memory. */
export function intoMap(name: string, into: Map<string, Uint8Array>): Deliver {
  return async (files, check) => {
    const map = await collectFiles(files, name);
    const sources = new Map([...map].map(([path, bytes]) => [path, bytesSource(bytes, path)]));
    if (check !== null) await check(files.length === 1 && files[0]!.path === "" ? [...sources.values()][0]! : sources);
    for (const [path, bytes] of map) into.set(path, bytes);
  };
}

/** Loads, converts, closes. */
export async function convertInput(
  input: LoadInput,
  target: string,
  options: ConvertOptions,
  openPath: OpenPath | null,
  deliver: Deliver,
): Promise<Conversion> {
  const read = readOptions("convert", options, CONVERT_OPTIONS);
  checkText("target", target);
  formatFor(target, read.format);
  const loading = Object.entries(read).filter(([name]) => Object.hasOwn(LOAD_OPTIONS, name));
  const watch = new Watch(read);
  const watched: Deliver = async (files, check) => {
    const bytes = model.weights.reduce((sum, w) => sum + sizeOf(w.shape ?? [0]) * itemSize(w.dtype), 0);
    watch.begin("write", bytes);
    const counted = files.map((file) => ({ ...file, chunks: () => watch.chunks(file.chunks()) }));
    await deliver(counted, check && ((written) => check(watch.watched(written, "check"))));
  };
  const model = await loadModel(input, Object.fromEntries(loading), openPath, watch);
  try {
    if (read.edit === undefined) return await convertModel(model, target, read, watched);
    const { editModel } = await import("./edit.ts");
    const edited = await editModel(model, read.edit, withLimits(read.limits));
    const result = await convertModel(edited.model, target, read, watched);
    return { ...result, checks: [...edited.checks, ...result.checks] };
  } finally {
    watch.end();
    model.dispose();
  }
}
