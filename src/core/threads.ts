/** Threads of the platform: how one is started, told something and ended. Workers of browsers unless Node has put its own. */
import type { ThreadMessage } from "./thread-work.ts";

/** A thread that has been started. */
export interface Thread {
  post(message: ThreadMessage): void;
  end(): void;
}

/** What a thread tells whoever started it. */
export interface ThreadEvents {
  /** The thread has its first functions. */
  ready(): void;
  /** It could not start, or has stopped by itself. */
  failed(reason: string): void;
}

export type StartThread = (events: ThreadEvents) => Thread;

function startWorker({ ready, failed }: ThreadEvents): Thread {
  // In one expression: by this bundlers know the script of a worker, and make one of what it imports.
  const worker = new Worker(new URL("../core/web-thread.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ready);
  worker.addEventListener("messageerror", () => failed("a message could not be read"));
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    failed(event.message ?? "the worker's script could not be loaded");
  });
  return { post: (message) => worker.postMessage(message), end: () => worker.terminate() };
}

let start: StartThread = startWorker;

/** Starts threads this way from now on. */
export function usePlatformThreads(platform: StartThread): void {
  start = platform;
}

export const startThread: StartThread = (events) => start(events);
