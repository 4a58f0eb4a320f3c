/** The threads of a session: workers that share its memory and have the same functions. Started when there is work to share. */
import { CONTROL } from "./kernels/parallel.ts";
import { fail } from "../../core/error.ts";
import type { ThreadModule } from "../../core/thread-work.ts";
import { startThread, type Thread } from "../../core/threads.ts";
import type { WasmMemory } from "./memory.ts";

const MOST_THREADS = 64;

/** Throws `unsupported/threads` for a number that is none, and where no memory can be shared. */
export function refuseThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS)
    fail("unsupported/threads", { expected: `a whole number from 1 to ${MOST_THREADS}`, found: String(threads) });
  const isIsolated = (globalThis as { readonly crossOriginIsolated?: boolean }).crossOriginIsolated;
  if (threads > 1 && (isIsolated === false || typeof SharedArrayBuffer === "undefined"))
    fail("unsupported/threads", {
      message: "this page may not share memory with threads: it must be served cross-origin isolated (COOP and COEP)",
    });
}

/** Whether this thread may sleep: a browser's main thread may not. */
function mayWait(words: Int32Array): boolean {
  try {
    Atomics.wait(words, 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}

/** The threads of one session. */
export class Team {
  readonly #memory: WasmMemory;
  readonly #count: number;
  readonly #modules: ThreadModule[] = [];
  #threads: readonly Thread[] = [];
  /** Messages sent to each thread. */
  #sent = 0;
  #failure: string | undefined;
  #ready: Promise<void> = Promise.resolve();

  /** `threads`: with the one that calls. */
  constructor(memory: WasmMemory, threads: number) {
    this.#memory = memory;
    this.#count = threads - 1;
  }

  /** Threads can work, or have failed. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  get hasStarted(): boolean {
    return this.#threads.length > 0;
  }

  /** Whether a thread waits for work. Throws `unsupported/threads` when one could not start, or has ended. */
  isJoined(): boolean {
    if (this.#failure !== undefined) fail("unsupported/threads", { message: `a thread failed: ${this.#failure}` });
    return this.#memory.word(CONTROL.workers) > 0;
  }

  /** Functions for every thread. */
  add(module: ThreadModule): void {
    this.#modules.push(module);
    if (this.hasStarted) this.#post([module]);
  }

  start(): void {
    if (this.hasStarted) return;
    const memory = this.#memory;
    memory.setWord(CONTROL.mayWait, Number(mayWait(memory.words(CONTROL.mayWait, 1))));
    const started = Array.from({ length: this.#count }, () => {
      let thread: Thread | undefined;
      const isReady = new Promise<void>((ready) => {
        const failed = (reason: string): void => {
          this.#failure ??= reason;
          ready();
        };
        try {
          thread = startThread({ ready, failed });
        } catch (error) {
          failed(error instanceof Error ? error.message : String(error));
        }
      });
      return { thread, isReady };
    });
    this.#threads = started.flatMap(({ thread }) => (thread === undefined ? [] : [thread]));
    this.#ready = Promise.all(started.map(({ isReady }) => isReady)).then(() => undefined);
    this.#post(this.#modules);
  }

  #post(modules: readonly ThreadModule[]): void {
    const { memory } = this.#memory;
    const words = new Int32Array(memory.buffer);
    // Before the message: a thread that has had as many as this sleeps.
    Atomics.store(words, CONTROL.sent / 4, ++this.#sent);
    for (const thread of this.#threads) thread.post({ memory, modules });
    Atomics.add(words, CONTROL.epoch / 4, 1);
    Atomics.notify(words, CONTROL.epoch / 4);
  }

  /** Nobody may be inside a part. */
  end(): void {
    for (const thread of this.#threads) thread.end();
    this.#threads = [];
  }
}
