/** What `fetch.ts`, which is loaded when something is fetched, takes and is given. */
import type { OptionKinds } from "../core/guard.ts";
import type { Watching } from "../core/progress.ts";
import type { FetchLike, ResponseLike, StreamLike } from "../core/platform.ts";

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

/** Whether a value is what `fetch` gives. */
export const isResponse = (value: object): value is object & ResponseLike =>
  typeof Response !== "undefined" && value instanceof Response;

/** Whether a value is a stream of bytes. */
export const isStream = (value: object): value is object & StreamLike =>
  typeof ReadableStream !== "undefined" && value instanceof ReadableStream;
