/**
 * The platform's own types, where a program has them: declarations that need neither the DOM's library nor Node's.
 * Without them each is what keraport itself uses of it.
 */

/** The type of what `new Name()` of the platform makes, or `Otherwise` where the program's libraries have no such class. */
type Instance<Name extends string, Otherwise> =
  typeof globalThis extends Record<Name, { prototype: infer T }> ? T : Otherwise;

export type SignalLike = Instance<
  "AbortSignal",
  {
    readonly aborted: boolean;
    readonly reason: unknown;
    addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
    removeEventListener(type: "abort", listener: () => void): void;
  }
>;

/** A File or Blob. */
export type BlobLike = Instance<
  "Blob",
  { readonly size: number; slice(start?: number, end?: number): BlobLike; arrayBuffer(): Promise<ArrayBuffer> }
>;

/** A URL object. */
export type UrlLike = Instance<"URL", { readonly href: string; readonly protocol: string }>;

/** What `fetch` resolves to. */
export type ResponseLike = Instance<
  "Response",
  {
    readonly ok: boolean;
    readonly status: number;
    readonly url: string;
    readonly headers: { get(name: string): string | null };
    readonly body: StreamLike | null;
  }
>;

/** A ReadableStream of bytes. */
export type StreamLike = Instance<
  "ReadableStream",
  { getReader(): { read(): Promise<{ done: boolean; value?: unknown }>; cancel(reason?: unknown): Promise<unknown> } }
>;

/** A FileSystemFileHandle or FileSystemDirectoryHandle: of `showOpenFilePicker`, of a drop, of the origin's private files. */
export interface HandleLike {
  /** Which of the two. */
  readonly kind: "file" | "directory";
  /** Of the file or folder. */
  readonly name: string;
}

/** The global `fetch`. */
export type FetchLike = typeof globalThis extends { fetch: infer T } ? T : (url: UrlLike) => Promise<unknown>;

/** A WebAssembly.Memory. */
export type MemoryLike = typeof globalThis extends { WebAssembly: { Memory: { prototype: infer T } } } ? T : object;
