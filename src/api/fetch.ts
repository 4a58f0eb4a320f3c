/** Files from the network: counted while they arrive, ended by the caller or by silence. */
import { checkSignal, fail, FormatError } from "../core/error.ts";
import type { OptionKinds } from "../core/guard.ts";
import type { Limits } from "../core/limits.ts";
import { blobSource, type Source } from "../core/source.ts";
import type { FetchLike, SignalLike, UrlLike } from "../core/platform.ts";

/** How URLs are read. */
export interface FetchOptions {
  /** Ends the loading; what it was aborted with is thrown. */
  readonly signal?: SignalLike;
  /** In place of the global `fetch`: for headers, credentials, caches. */
  readonly fetch?: FetchLike;
  /** Milliseconds without a byte until a connection counts as dead. Default 30,000. */
  readonly timeout?: number;
}

export const FETCH_OPTIONS: OptionKinds<FetchOptions> = { signal: "object", fetch: "any", timeout: "number" };

const SILENCE = 30_000;
/** The longest that a timer takes. */
const LONGEST = 2 ** 31 - 1;

/**
 * The file at a URL, in memory. Throws `limit/file-bytes` as soon as more has arrived, whatever was declared;
 * `malformed/missing-file` for an HTTP status that is no success; `malformed/unreachable` for everything that the network
 * can do; the signal's own reason.
 */
export async function fetched(url: UrlLike, limits: Limits, options: FetchOptions): Promise<Source> {
  const { signal, timeout = SILENCE, fetch: given = fetch } = options;
  if (typeof given !== "function") fail("mismatch/option", { path: "fetch", expected: "a function" });
  const name = url.protocol === "data:" ? "data:" : url.href;
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
  try {
    const response = await Promise.race([ended, given(url, { signal: stop.signal })]);
    heard();
    if (!response.ok) fail("malformed/missing-file", { file: name, found: `HTTP status ${response.status}` });
    return blobSource(new Blob(await body(response, name, limits, ended, heard)), name);
  } catch (error) {
    stop.abort();
    if (error instanceof FormatError) throw error;
    checkSignal(signal);
    return fail("malformed/unreachable", { file: name, message: reasonOf(error) });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", aborted);
  }
}

async function body(
  response: Response,
  file: string,
  limits: Limits,
  ended: Promise<never>,
  heard: () => void,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const check = (bytes: number): void => {
    if (bytes <= limits.fileBytes) return;
    fail("limit/file-bytes", { file, expected: `at most ${limits.fileBytes} bytes`, found: `${bytes} bytes or more` });
  };
  // Of a compressed answer the length is that of fewer bytes: too long all the same.
  check(Number(response.headers.get("content-length") ?? 0));
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const reader = response.body?.getReader();
  for (let bytes = 0; reader !== undefined;) {
    const { done, value } = await Promise.race([ended, reader.read()]);
    if (done) break;
    heard();
    bytes += value.byteLength;
    check(bytes);
    chunks.push(value);
  }
  return chunks;
}

/** What lies behind `fetch failed`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "the request failed";
  const cause =
    error.cause instanceof Error ? ("code" in error.cause && String(error.cause.code)) || error.cause.message : null;
  return cause === null ? error.message : `${error.message} (${cause})`;
}
