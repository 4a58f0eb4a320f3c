/** The public API with the file system: the same names as `index.ts`, paths accepted. */
import { fileURLToPath } from "node:url";
import { checkModel } from "./api/check-model.ts";
import type { LoadInput, LoadOptions } from "./api/load.ts";
import type { Model } from "./api/model.ts";
import type { SaveOptions as MapOptions } from "./api/save.ts";
import type { VerifyOptions } from "./api/verify.ts";
import type { Conversion, ConvertOptions, Deliver } from "./convert.ts";
import { attempt, checkText, door, readOptions } from "./core/guard.ts";
import { type Limits, withLimits } from "./core/limits.ts";
import { useNodeCrc32 } from "./core/node-crc32.ts";
import { openFile, refuseSameFile } from "./core/node-files.ts";
import { writeOutputs } from "./core/node-outputs.ts";
import { useNodeThreads } from "./core/node-threads.ts";
import type { Source } from "./core/source.ts";
import type { ImportInput } from "./importers/index.ts";
import type { Tensor } from "./api/tensor.ts";
import type { VerifyReport } from "./verify/report.ts";

export * from "./index.ts";

useNodeCrc32();
useNodeThreads();

/** Opens a model: a path (file or folder), a URL, a Blob, bytes, or a folder's files by path. */
export function load(input: LoadInput, options: LoadOptions = {}): Promise<Model> {
  return door("load", async () => (await import("./api/load.ts")).loadModel(input, options, openFile));
}

/** Options of `save` with a path. */
export interface SaveOptions extends MapOptions {
  /** Whether an existing file is replaced. Default true, as in Keras. */
  readonly force?: boolean;
}

/**
 * Writes a model: whole or not at all. The format comes from the name or from `format`. Without a path the files come
 * back by path. Throws `unsupported/format`, `unsupported/translation`, `mismatch/output-exists`.
 */
export function save(model: Model, options: MapOptions): Promise<Map<string, Uint8Array>>;
export function save(model: Model, target: string, options?: SaveOptions): Promise<void>;
export function save(
  model: Model,
  target: string | MapOptions,
  options: SaveOptions = {},
): Promise<Map<string, Uint8Array> | void> {
  return door("save", async () => {
    checkModel(model);
    const { exportModel, formatFor, SAVE_OPTIONS, saveToMap } = await import("./api/save.ts");
    if (typeof target !== "string") return saveToMap(model, target);
    const { format, force = true, ...rest } = readOptions("save", options, { ...SAVE_OPTIONS, force: "boolean" });
    const { files } = await exportModel(model, formatFor(target, format), rest, target);
    await writeOutputs(target, files, { force });
  });
}

/** The path that an input is, if it is one. */
function pathIn(input: LoadInput | undefined): string | undefined {
  if (input instanceof URL) return input.protocol === "file:" ? attempt(() => fileURLToPath(input)) : undefined;
  return typeof input === "string" ? input : undefined;
}

/** A file or folder, or several files that belong together. */
async function openAll(paths: readonly string[], limits: Limits): Promise<ImportInput> {
  const opened = await Promise.all(paths.map((path) => openFile(path, limits)));
  const whole = opened.find((one) => one instanceof Map);
  if (whole === undefined)
    return paths.length === 1 ? opened[0]! : new Map(paths.map((path, i) => [path, opened[i] as Source]));
  // One of them was opened with the others.
  for (const one of opened) if (!(one instanceof Map)) await one.close?.();
  return whole;
}

/**
 * Converts a file or folder into `target`, whose name says the format unless `options.format` does. What was written is
 * read back and compared before it takes the target's name. Throws what `load` throws, `unsupported/translation`,
 * `mismatch/verification`, `mismatch/output-exists` (see `force`), `mismatch/same-file`.
 */
export function convert(input: LoadInput, target: string, options: ConvertOptions = {}): Promise<Conversion> {
  return door("convert", async () => {
    const { CONVERT_OPTIONS, convertInput } = await import("./convert.ts");
    const { weights, limits: given, force = false } = readOptions("convert", options, CONVERT_OPTIONS);
    checkText("target", target);
    await refuseSameFile([input, weights].map(pathIn), target);
    const limits = withLimits(given);
    const deliver: Deliver = async (files, check) => {
      await writeOutputs(target, files, {
        force,
        ...(check !== null && { verify: async (paths) => check(await openAll(paths, limits)) }),
      });
    };
    return convertInput(input, target, options, openFile, deliver);
  });
}

/**
 * Compares a model with Keras's outputs in an `.npz` (a path, URL, Blob or bytes), or with another model on seeded inputs.
 * Default tolerance: |a − b| ≤ 1e-6 + 1e-5 · max|b|.
 */
export function verify(model: Model, fixture: LoadInput | Model, options: VerifyOptions = {}): Promise<VerifyReport> {
  return door("verify", async () => (await import("./api/verify.ts")).verifyModel(model, fixture, options, openFile));
}

/** The arrays of an `.npz` by name; the one of an `.npy` is called "". Throws `unsupported/file-type`, `malformed/*`. */
export function readArrays(file: LoadInput): Promise<ReadonlyMap<string, Tensor>> {
  return door("readArrays", async () => (await import("./api/arrays.ts")).arraysIn(file, openFile));
}
