/** Opens a model from whatever the caller has: bytes, a Blob, a URL, files by path. */
import { itemSize } from "../core/dtype.ts";
import { fail, located } from "../core/error.ts";
import { attempt, kindOf, type OptionKinds, readOptions } from "../core/guard.ts";
import { type Limits, withLimits } from "../core/limits.ts";
import { showShape } from "../core/tensor.ts";
import { type Source, sourceOf } from "../core/source.ts";
import { importArchive, type ImportInput } from "../importers/index.ts";
import { bind } from "../model/bind.ts";
import { suppliedBy, unusedLambda } from "./supplied.ts";
import type { AnyDef } from "../layers/define.ts";
import type { CustomFunction } from "../layers/field-context.ts";
import { fetchEngine, type RuntimeOptions } from "../engines/index.ts";
import { FETCH_OPTIONS, type FetchOptions, isResponse, isStream } from "./fetch-options.ts";
import type { FileRecord, FilesInput } from "./folders.ts";
import type { ModelArtifacts } from "./model-artifacts.ts";
import type { fetched as fetchedSource } from "./fetch.ts";
import { Model } from "./model.ts";
import { RUNTIME_OPTIONS } from "./run-options.ts";
import { weightWarnings } from "./weight-warnings.ts";
import { Watch } from "../core/progress.ts";
import type { BlobLike, HandleLike, ResponseLike, StreamLike, UrlLike } from "../core/platform.ts";

/**
 * A path or URL (in browsers a URL only), bytes, a File or Blob, what `fetch` gives, a stream of bytes; a folder's files by
 * path, as a list of Files (as dropped or picked) or as a FileSystemHandle; what TensorFlow.js hands to a save handler.
 */
export type LoadInput =
  | string
  | UrlLike
  | BlobLike
  | Uint8Array
  | ArrayBuffer
  | ResponseLike
  | StreamLike
  | HandleLike
  | Iterable<BlobLike>
  | FileRecord
  | ModelArtifacts;

/** `backend`, `strict`, `threads`, `weightDtype` and `precision`: how the model runs where a call does not say; the others: how it is read. */
export interface LoadOptions extends RuntimeOptions, FetchOptions {
  /** The weights of a file that holds the architecture alone. */
  readonly weights?: LoadInput;
  /** Sizes beyond which files and runs are refused. Default `DEFAULT_LIMITS`. */
  readonly limits?: Partial<Limits>;
  /** Declarations (`defineLayer`, `defineCell`) for classes that keraport does not know. */
  readonly customLayers?: readonly AnyDef[];
  /** Activations that Keras does not have, by their name in the file, registered (`package>name`) or not. */
  readonly customActivations?: { readonly [name: string]: CustomFunction };
  /** Other functions that a file calls by name: those of Lambda layers. */
  readonly customFunctions?: { readonly [name: string]: CustomFunction };
  /** What takes the place of the code of Lambda layers, by layer name, or path inside other models. It is never run. */
  readonly lambdas?: { readonly [layer: string]: CustomFunction };
  /**
   * Runs layers of any float policy (float16, bfloat16, `mixed_…`, float64) in float32, as `warnings` and reports of
   * `verify` then tell. Without it such layers are refused by name.
   */
  readonly compute?: "float32";
  /**
   * Reads weights when somebody asks for them, to look at a model without its weights: of a large file at a URL whose server
   * gives parts only those that are read are fetched. Until then nobody knows of NaN (`warnings`) or damage in them.
   */
  readonly lazy?: boolean;
  /**
   * Reads HDF5 by h5wasm, HDF5's own library, for files beyond keraport's reader (other filters, virtual datasets, soft
   * links). It is not safe with strangers' files: it runs in a thread of its own that sees no other file, for at most a
   * minute. Needs `npm install h5wasm`.
   */
  readonly hdf5?: "h5wasm";
}

export const LOAD_OPTIONS: OptionKinds<LoadOptions> = {
  ...RUNTIME_OPTIONS,
  ...FETCH_OPTIONS,
  weights: "any",
  limits: "object",
  customLayers: "object",
  customActivations: "object",
  customFunctions: "object",
  lambdas: "object",
  compute: "string",
  lazy: "boolean",
  hdf5: "string",
};

/** How the platform opens a path; browsers have none. */
export type OpenPath = (path: string, limits: Limits) => Promise<ImportInput>;

const isUrl = (text: string): boolean => /^(https?|blob|data):/i.test(text);

const WANTED = "a path, URL, bytes, File, Response, stream, or a folder's files";

/** Not a folder's. */
export const isOneFile = (input: ImportInput): input is Source => !(input instanceof Map);

const fetched = async (...of: Parameters<typeof fetchedSource>): Promise<Source> =>
  (await import("./fetch.ts")).fetched(...of);

/** Turns what the caller has into sources. */
export async function openInput(
  input: LoadInput,
  limits: Limits,
  openPath: OpenPath | null,
  options: FetchOptions & { readonly lazy?: boolean } = {},
): Promise<ImportInput> {
  const one = sourceOf(input);
  if (one !== null) return one;
  if (input instanceof URL) {
    if (input.protocol !== "file:") return fetched(input, limits, options);
    return openPath === null ? fail("unsupported/input", { found: "a file: URL" }) : openPath(pathOf(input), limits);
  }
  if (typeof input === "string") {
    if (isUrl(input) || openPath === null) return fetched(urlOf(input), limits, options);
    return openPath(input, limits);
  }
  if (typeof input !== "object" || input === null || ArrayBuffer.isView(input))
    return fail("unsupported/input", { expected: WANTED, found: kindOf(input) });
  if (isResponse(input) || isStream(input)) return fetched(input, limits, options);
  return (await import("./folders.ts")).filesIn(input as FilesInput, limits);
}

/** Sizes that an architecture asks for, weights or not. Throws `limit/tensor-bytes` naming the weight. */
function checkSizes({ weights }: Model, limits: Limits): void {
  for (const { path, shape, dtype } of weights) {
    const bytes = (shape ?? []).reduce((product, n) => product * n, itemSize(dtype));
    if (bytes > limits.tensorBytes)
      fail("limit/tensor-bytes", {
        path,
        expected: `at most ${limits.tensorBytes} bytes`,
        found: `${bytes} bytes, shape ${showShape(shape)}`,
      });
  }
}

/** A URL, in browsers relative to the page. */
function urlOf(text: string): URL {
  const { location } = globalThis as { readonly location?: { readonly href: string } };
  return attempt(() => new URL(text, location?.href)) ?? fail("unsupported/input", { file: text, expected: "a URL" });
}

/** The path that a file: URL means. */
function pathOf({ pathname }: URL): string {
  return (
    attempt(() => decodeURIComponent(pathname)) ??
    fail("unsupported/input", { file: pathname, found: "a file: URL with a % that begins no escape" })
  );
}

/**
 * Opens a model of any known format. What can be shown but not run loads with `problems`; what is damaged, contradictory
 * or over a limit is refused (`FormatError`, exit code 3 of the command line). `around`: who watches longer work.
 */
export async function loadModel(
  input: LoadInput,
  given: LoadOptions,
  openPath: OpenPath | null,
  around?: Watch,
): Promise<Model> {
  const options = readOptions("load", given, LOAD_OPTIONS);
  const watch = around ?? new Watch(options);
  const limits = withLimits(options.limits);
  const supplied = suppliedBy(options);
  if (options.compute !== undefined && options.compute !== "float32")
    fail("mismatch/option", { path: "load.compute", expected: "float32", found: String(options.compute) });
  const { lazy = false, hdf5 } = options;
  if (hdf5 !== undefined && hdf5 !== "h5wasm")
    fail("mismatch/option", { path: "load.hdf5", expected: "h5wasm", found: String(hdf5) });
  // Not in pages, which may only show the model, nor where it is converted or looked at.
  if (openPath !== null && around === undefined && !lazy) fetchEngine(options);
  const opened = watch.watched(await openInput(input, limits, openPath, options), "read");
  const source = lazy && isOneFile(opened) ? { ...opened, isLazy: true } : opened;
  const weights =
    options.weights === undefined ? undefined : await openInput(options.weights, limits, openPath, options);
  const name = typeof input === "string" && source instanceof Map ? { name: input } : {};
  const archive = await importArchive(source, { limits, hdf5, ...name, ...(weights && { weights }) });
  try {
    return await located({ file: archive.file }, async () => {
      const data = await bind(archive, { limits, supplied, compute: options.compute });
      unusedLambda(data.root, supplied);
      const warnings = [...data.warnings, ...(lazy ? [] : await weightWarnings(data))];
      const { backend, strict, threads, weightDtype, precision } = options;
      const model = new Model({ ...data, warnings }, limits, { backend, strict, threads, weightDtype, precision });
      checkSizes(model, limits);
      return model;
    });
  } catch (error) {
    await archive.close();
    throw error;
  } finally {
    if (around === undefined) watch.end();
  }
}
