/** Opens a model from whatever the caller has: bytes, a Blob, a URL, files by path. */
import { fail, located } from "../core/error.ts";
import { DEFAULT_LIMITS, type Limits, withLimits } from "../core/limits.ts";
import { blobSource, bytesSource, type Source } from "../core/source.ts";
import { importArchive, type ImportInput } from "../importers/index.ts";
import { bind } from "../model/bind.ts";
import type { CustomLayers } from "../layers/registry.ts";
import type { RuntimeOptions } from "../runtime/index.ts";
import { Model } from "./model.ts";
import { weightWarnings } from "./weight-warnings.ts";

/** Files by path inside a folder. */
export type FileRecord = ReadonlyMap<string, Uint8Array | Blob> | { readonly [path: string]: Uint8Array | Blob };
/** A path or URL (in browsers a URL only), a File or Blob, bytes, or a folder's files. */
export type LoadInput = string | URL | Blob | Uint8Array | FileRecord;

/** `backend`, `strict` and `threads`: how the model runs where a call does not say. */
export interface LoadOptions extends RuntimeOptions {
  /** The weights of a file that holds the architecture alone. */
  readonly weights?: LoadInput;
  readonly limits?: Partial<Limits>;
  /** Declarations for classes that keraport does not know. */
  readonly customLayers?: CustomLayers;
  /**
   * Runs layers of any float policy (float16, bfloat16, `mixed_…`, float64) in float32, as `warnings` and reports of
   * `verify` then tell. Without it such layers are refused by name.
   */
  readonly compute?: "float32";
}

/** How the platform opens a path; browsers have none. */
export type OpenPath = (path: string, limits: Limits) => Promise<ImportInput>;

async function fetched(url: URL | string, limits: Limits): Promise<Source> {
  const name = String(url);
  const response = await fetch(url);
  if (!response.ok) fail("malformed/missing-file", { file: name, found: `HTTP status ${response.status}` });
  const declared = Number(response.headers.get("content-length") ?? 0);
  if (declared > limits.fileBytes)
    fail("limit/file-bytes", { file: name, expected: `at most ${limits.fileBytes} bytes`, found: String(declared) });
  return blobSource(await response.blob(), name);
}

const isUrl = (text: string): boolean => /^(https?|blob|data):/i.test(text);

const oneFile = (file: Uint8Array | Blob, name: string): Source =>
  file instanceof Uint8Array ? bytesSource(file, name) : blobSource(file, name);

/** Turns what the caller has into sources. */
export async function openInput(input: LoadInput, limits: Limits, openPath: OpenPath | null): Promise<ImportInput> {
  if (input instanceof Uint8Array) return bytesSource(input);
  if (typeof Blob !== "undefined" && input instanceof Blob)
    return blobSource(input, "name" in input ? String(input.name) : "blob");
  if (input instanceof URL) {
    if (input.protocol !== "file:") return fetched(input, limits);
    return openPath === null
      ? fail("unsupported/input", { found: "a file: URL" })
      : openPath(decodeURIComponent(input.pathname), limits);
  }
  if (typeof input === "string") {
    if (isUrl(input) || openPath === null) return fetched(input, limits);
    return openPath(input, limits);
  }
  const entries =
    input instanceof Map ? [...input] : Object.entries(input as { readonly [path: string]: Uint8Array | Blob });
  return new Map(entries.map(([path, file]: [string, Uint8Array | Blob]) => [path, oneFile(file, path)]));
}

/**
 * Opens a model of any known format. What can be shown but not run loads with `problems`; what is damaged, contradictory
 * or over a limit is refused (`FormatError`, exit code 3 of the command line).
 */
export async function loadModel(input: LoadInput, options: LoadOptions, openPath: OpenPath | null): Promise<Model> {
  const limits = options.limits === undefined ? DEFAULT_LIMITS : withLimits(options.limits);
  if (options.compute !== undefined && options.compute !== "float32")
    fail("mismatch/option", { path: "compute", expected: "float32", found: String(options.compute) });
  const source = await openInput(input, limits, openPath);
  const weights = options.weights === undefined ? undefined : await openInput(options.weights, limits, openPath);
  const name = typeof input === "string" && source instanceof Map ? { name: input } : {};
  const archive = await importArchive(source, { limits, ...name, ...(weights && { weights }) });
  try {
    return await located({ file: archive.file }, async () => {
      const { customLayers, compute } = options;
      const data = bind(archive, { limits, customLayers, compute });
      const warnings = [...data.warnings, ...(await weightWarnings(data))];
      const { backend, strict, threads } = options;
      return new Model({ ...data, warnings }, limits, { backend, strict, threads });
    });
  } catch (error) {
    await archive.close();
    throw error;
  }
}
