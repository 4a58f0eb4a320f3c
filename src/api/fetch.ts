/** Files that arrive, from the network or in a stream: counted while they arrive, ended by the caller or by silence. */
import { calling, checkSignal, fail, FormatError, isCallersOwn } from "../core/error.ts";
import { kindOf } from "../core/guard.ts";
import type { Limits } from "../core/limits.ts";
import { blobSource, type Source } from "../core/source.ts";
import { checkOnProgress, progressOf } from "../core/progress.ts";
import type { ResponseLike, SignalLike, StreamLike, UrlLike } from "../core/platform.ts";
import { type FetchOptions, isResponse, isStream } from "./fetch-options.ts";
import { type Arrived, isInParts, PART, partsSource, rangeOf } from "./parts.ts";

const SILENCE = 30_000;
/** The longest that a timer takes. */
const LONGEST = 2 ** 31 - 1;

/** What arrives, and its name. */
interface Arriving {
  readonly name: string;
  open(signal: AbortSignal): Promise<Response>;
  /** Of an answer, the bytes that are wanted of it; default: all. */
  wanted?(answer: Response): number;
}

/**
 * The file at a URL, or what a response or stream brings, in memory. With `lazy`, of a large file on a server that gives
 * parts, those that are read, each once, as long as the file stays the same. Throws `limit/file-bytes` as soon as more has arrived,
 * whatever was declared; `malformed/missing-file` for an HTTP status that is no success; `malformed/unreachable` for
 * everything that the network can do; the signal's own reason.
 */
export async function fetched(
  from: UrlLike | ResponseLike | StreamLike,
  limits: Limits,
  options: FetchOptions & { readonly lazy?: boolean },
): Promise<Source> {
  const { fetch: given = fetch, init, cache = false, onProgress, lazy = false } = options;
  checkOnProgress(onProgress);
  if (typeof given !== "function")
    fail("mismatch/option", { path: "fetch", expected: "a function", found: kindOf(given) });
  if (typeof cache !== "boolean" && typeof cache !== "string")
    fail("mismatch/option", { path: "cache", expected: "true, false or a name", found: kindOf(cache) });
  const whole = async (arriving: Arriving): Promise<Source> =>
    blobSource((await arrived(arriving, limits, options)).blob, arriving.name);
  if (isResponse(from)) return whole({ name: from.url || "response", open: async () => from });
  if (isStream(from)) return whole({ name: "stream", open: async () => new Response(from) });
  const url = from as URL;
  const name = url.protocol === "data:" ? "data:" : url.href;
  const open = async (signal: AbortSignal): Promise<Response> => given(url, { ...init, signal });
  if (!/^https?:/.test(url.href)) return whole({ name, open });
  if (cache === false && !lazy) return whole({ name, open });
  if (cache === false) {
    const wanted = (answer: Response): number => (isInParts(answer, init) ? PART : Infinity);
    const first = await arrived({ name, open, wanted }, limits, options);
    if (wanted(first.answer) === Infinity) return blobSource(first.blob, name);
    // What is read once the model is there has no part in what ends its loading.
    const later = { ...options, init: undefined, signal: undefined, onProgress: undefined };
    return partsSource(name, first, (from, to) =>
      arrived(
        { name, open: async (signal) => given(url, { ...init, ...rangeOf(init, from, to), signal }) },
        limits,
        later,
      ),
    );
  }
  if (typeof caches === "undefined")
    fail("mismatch/option", { path: "cache", message: "this platform has no Cache API", found: kindOf(cache) });
  const refused = (error: unknown): never => fail("mismatch/option", { path: "cache", message: reasonOf(error) });
  const store = await caches.open(cache === true ? "keraport" : cache).catch(refused);
  const kept = await store.match(url.href).catch(refused);
  if (kept !== undefined) return whole({ name, open: async () => kept });
  const { blob } = await arrived({ name, open }, limits, options);
  await store
    .put(url.href, new Response(blob))
    .catch((error: unknown) =>
      fail("limit/disk-space", { file: name, message: `the cache does not take it: ${reasonOf(error)}` }),
    );
  return blobSource(blob, name);
}

async function arrived(
  { name, open, wanted }: Arriving,
  limits: Limits,
  { signal: chosen, init, timeout = SILENCE, onProgress }: FetchOptions,
): Promise<Arrived> {
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
    const answer = await Promise.race([ended, open(stop.signal)]);
    heard();
    if (!answer.ok) fail("malformed/missing-file", { file: name, found: `HTTP status ${answer.status}` });
    const check = (bytes: number): void => {
      if (bytes <= limits.fileBytes) return;
      const found = `${bytes} bytes or more`;
      fail("limit/file-bytes", { file: name, expected: `at most ${limits.fileBytes} bytes`, found });
    };
    // Of a compressed answer the length is that of fewer bytes: too long all the same.
    const declared = answer.headers.get("content-length");
    check(Number(declared ?? 0));
    const total = declared === null || answer.headers.has("content-encoding") ? null : Number(declared);
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    const since = Date.now();
    reader = answer.body?.getReader();
    const enough = wanted?.(answer) ?? Infinity;
    for (let loaded = 0; reader !== undefined && loaded < enough;) {
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
    if (enough !== Infinity) stop.abort();
    return { answer, blob: new Blob(chunks) };
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
