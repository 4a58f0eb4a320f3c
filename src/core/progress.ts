/** Long work that tells how far it is, and that its caller may stop. */
import { calling, checkSignal, fail } from "./error.ts";
import { kindOf } from "./guard.ts";
import type { SignalLike } from "./platform.ts";
import type { Source } from "./source.ts";

/** How far it is. */
export interface Progress {
  /** `fetch`: bytes arrive; `read`: they are read; `write`, `check`: those of a target; `run`: operations are done. */
  readonly stage: "fetch" | "read" | "write" | "check" | "run";
  /** Bytes, or operations, of this stage that are done. */
  readonly loaded: number;
  /** Of all of it; null where nobody knows. */
  readonly total: number | null;
  /** From 0 to 1; null where nobody knows. */
  readonly share: number | null;
  /** Milliseconds that are left, as it has gone so far; null where nobody knows. */
  readonly left: number | null;
}

/** Takes what long work tells; what it throws ends the work. */
export type OnProgress = (progress: Progress) => void;

/** Who watches long work. */
export interface Watching {
  /** Ends it; what it was aborted with is thrown. */
  readonly signal?: SignalLike;
  /** Called as it goes on, at most ten times a second but for what arrives from a network. */
  readonly onProgress?: OnProgress;
}

const EVERY = 100;
/** What is read again does not count again: by blocks of so many bytes. */
const BLOCK = 1 << 16;

/** Throws `mismatch/option` for what is no function. */
export function checkOnProgress(onProgress: unknown): void {
  if (onProgress !== undefined && typeof onProgress !== "function")
    fail("mismatch/option", { path: "onProgress", expected: "a function", found: kindOf(onProgress) });
}

/** A stage as the caller is told of it. `since`: when it began. */
export function progressOf(stage: Progress["stage"], loaded: number, total: number | null, since: number): Progress {
  const share = total === null || total === 0 ? null : Math.min(1, loaded / total);
  const left = share === null || share === 0 ? null : Math.round(((Date.now() - since) * (1 - share)) / share);
  return { stage, loaded, total, share, left };
}

/** Counts what moves through sources and streams, until its work has ended; then they are as before. */
export class Watch {
  readonly #watching: Watching | null;
  #isOver = false;
  #stage: Progress["stage"] = "read";
  #total: number | null = null;
  #loaded = 0;
  #since = Date.now();
  #told = Date.now();

  constructor(watching: Watching) {
    checkOnProgress(watching.onProgress);
    this.#watching = watching.signal === undefined && watching.onProgress === undefined ? null : watching;
    checkSignal(watching.signal);
  }

  /** What comes now, and how much of it; null: nobody knows. */
  begin(stage: Progress["stage"], total: number | null): void {
    [this.#stage, this.#total, this.#loaded] = [stage, total, 0];
    this.#since = this.#told = Date.now();
  }

  /** Something has been done. Throws the signal's reason. */
  moved(amount: number): void {
    if (this.#watching === null || this.#isOver) return;
    const { signal, onProgress } = this.#watching;
    checkSignal(signal);
    this.#loaded += amount;
    if (onProgress === undefined || Date.now() - this.#told < EVERY) return;
    this.#told = Date.now();
    calling(() => onProgress(progressOf(this.#stage, this.#loaded, this.#total, this.#since)));
  }

  end(): void {
    this.#isOver = true;
  }

  /** The same source, or sources by path, watched. */
  watched<T extends Source | ReadonlyMap<string, Source>>(sources: T, stage: Progress["stage"]): T {
    if (this.#watching === null) return sources;
    const all: readonly Source[] =
      sources instanceof Map ? [...(sources.values() as Iterable<Source>)] : [sources as Source];
    this.begin(
      stage,
      all.reduce((sum, { size }) => sum + size, 0),
    );
    const one = (source: Source): Source => {
      const seen = new Set<number>();
      return {
        name: source.name,
        size: source.size,
        read: async (offset, length) => {
          this.moved(0);
          const bytes = await source.read(offset, length);
          const before = seen.size;
          for (let at = Math.floor(offset / BLOCK); at * BLOCK < offset + length; at++) seen.add(at);
          const isCounted = this.#stage === stage;
          this.moved(isCounted ? (seen.size - before) * Math.min(BLOCK, source.size) : 0);
          return bytes;
        },
        ...(source.close && { close: () => source.close!() }),
      };
    };
    const made =
      sources instanceof Map
        ? new Map([...(sources as ReadonlyMap<string, Source>)].map(([path, source]) => [path, one(source)]))
        : one(sources as Source);
    return made as unknown as T;
  }

  /** The same bytes, counted. */
  async *chunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.moved(0);
      yield chunk;
      this.moved(chunk.byteLength);
    }
  }
}
