/** Files that arrive, from the network or in a stream: counted while they arrive, ended by the caller or by silence. */
import { calling, checkSignal, fail, FormatError, isCallersOwn } from "../core/error.ts";
import { kindOf, type OptionKinds } from "../core/guard.ts";
import type { Limits } from "../core/limits.ts";
import { blobSource, type Source } from "../core/source.ts";
import { checkOnProgress, progressOf, type Watching } from "../core/progress.ts";
import type { FetchLike, ResponseLike, SignalLike, StreamLike, UrlLike } from "../core/platform.ts";

/** How URLs, responses and streams are read. */
export interface FetchOptions extends Watching {
  /** In place of the global `fetch`. */
  readonly fetch?: FetchLike;
  /** What `fetch` gets beside the URL: headers, credentials … */
  readonly init?: object;
  /**
   * Keeps files of URLs in the browser's Cache API and takes them from there without asking the network again: under a name
   * of the caller's, or `keraport`. Default false.
   */
  readonly cache?: boolean | string;
  /** Milliseconds without a byte until a connection counts as dead. Default 30,000. */
  readonly timeout?: number;
}

export const FETCH_OPTIONS: OptionKinds<FetchOptions> = {
  signal: "object",
  fetch: "any",
  init: "object",
  cache: "any",
  onProgress: "any",
  timeout: "number",
};

const SILENCE = 30_000;
/** The longest that a timer takes. */
const LONGEST = 2 ** 31 - 1;

/** What arrives, and its name. */
type Arriving = { readonly name: string; open(signal: AbortSignal): Promise<Response> };

/**
 * The file at a URL, or what a response or stream brings, in memory. Throws `limit/file-bytes` as soon as more has arrived,
 * whatever was declared; `malformed/missing-file` for an HTTP status that is no success; `malformed/unreachable` for
 * everything that the network can do; the signal's own reason.
 */
export async function fetched(
  from: UrlLike | ResponseLike | StreamLike,
  limits: Limits,
  options: FetchOptions,
): Promise<Source> {
  const { fetch: given = fetch, init, cache = false, onProgress } = options;
  checkOnProgress(onProgress);
  if (typeof given !== "function")
    fail("mismatch/option", { path: "fetch", expected: "a function", found: kindOf(given) });
  if (typeof cache !== "boolean" && typeof cache !== "string")
    fail("mismatch/option", { path: "cache", expected: "true, false or a name", found: kindOf(cache) });
  if (isResponse(from)) return arrived({ name: from.url || "response", open: async () => from }, limits, options);
  if (isStream(from)) return arrived({ name: "stream", open: async () => new Response(from) }, limits, options);
  const url = from as URL;
  const name = url.protocol === "data:" ? "data:" : url.href;
  const open = async (signal: AbortSignal): Promise<Response> => given(url, { ...init, signal });
  if (cache === false || !/^https?:/.test(url.href)) return arrived({ name, open }, limits, options);
  if (typeof caches === "undefined")
    fail("mismatch/option", { path: "cache", message: "this platform has no Cache API", found: kindOf(cache) });
  const refused = (error: unknown): never => fail("mismatch/option", { path: "cache", message: reasonOf(error) });
  const store = await caches.open(cache === true ? "keraport" : cache).catch(refused);
  const kept = await store.match(url.href).catch(refused);
  if (kept !== undefined) return arrived({ name, open: async () => kept }, limits, options);
  return arrived({ name, open }, limits, options, (blob) => store.put(url.href, new Response(blob)));
}

/** Whether a value is what `fetch` gives. */
export const isResponse = (value: object): value is object & ResponseLike =>
  typeof Response !== "undefined" && value instanceof Response;

/** Whether a value is a stream of bytes. */
export const isStream = (value: object): value is object & StreamLike =>
  typeof ReadableStream !== "undefined" && value instanceof ReadableStream;

async function arrived(
  { name, open }: Arriving,
  limits: Limits,
  { signal: chosen, init, timeout = SILENCE, onProgress }: FetchOptions,
  keep?: (blob: Blob) => Promise<void>,
): Promise<Source> {
  const signal = chosen ?? (init as { readonly signal?: SignalLike } | undefined)?.signal;
  const stop = new AbortController();
  const silent = new FormatError([
    { code: "malformed/unreachable", file: name, message: `nothing arrived for ${timeout} ms` },
  ]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let giveUp: (reason: unknown) => void = () => undefined;
  const ended = new Promise<never>((_, reject) => (giveUp = reject));
  ended.catch(() => undefined);
  const end = (reason: unknown): void => {
    giveUp(reason);
    stop.abort(reason);
  };
  const heard = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => end(silent), Math.min(timeout, LONGEST));
  };
  const aborted = (): void => end(signal!.reason);
  checkSignal(signal);
  signal?.addEventListener("abort", aborted, { once: true });
  heard();
  let reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  try {
    const response = await Promise.race([ended, open(stop.signal)]);
    heard();
    if (!response.ok) fail("malformed/missing-file", { file: name, found: `HTTP status ${response.status}` });
    const check = (bytes: number): void => {
      if (bytes <= limits.fileBytes) return;
      const found = `${bytes} bytes or more`;
      fail("limit/file-bytes", { file: name, expected: `at most ${limits.fileBytes} bytes`, found });
    };
    // Of a compressed answer the length is that of fewer bytes: too long all the same.
    const declared = response.headers.get("content-length");
    check(Number(declared ?? 0));
    const total = declared === null || response.headers.has("content-encoding") ? null : Number(declared);
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    const since = Date.now();
    reader = response.body?.getReader();
    for (let loaded = 0; reader !== undefined;) {
      const { done, value } = await Promise.race([ended, reader.read()]);
      if (done) break;
      heard();
      if (!(value instanceof Uint8Array))
        fail("unsupported/input", { file: name, expected: "a stream of bytes", found: kindOf(value) });
      loaded += value.byteLength;
      check(loaded);
      calling(() => onProgress?.(progressOf("fetch", loaded, total, since)));
      chunks.push(value);
    }
    const blob = new Blob(chunks);
    await keep?.(blob).catch((error: unknown) =>
      fail("limit/disk-space", { file: name, message: `the cache does not take it: ${reasonOf(error)}` }),
    );
    return blobSource(blob, name);
  } catch (error) {
    stop.abort();
    reader?.cancel().catch(() => undefined);
    if (error instanceof FormatError) throw error;
    checkSignal(signal);
    if (isCallersOwn(error)) throw error;
    return fail("malformed/unreachable", { file: name, message: reasonOf(error) });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", aborted);
  }
}

/** What lies behind `fetch failed`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "the request failed";
  const cause =
    error.cause instanceof Error ? ("code" in error.cause && String(error.cause.code)) || error.cause.message : null;
  return cause === null ? error.message : `${error.message} (${cause})`;
}
