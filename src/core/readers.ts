/** Threads that each read one file by h5wasm, and are ended: workers of browsers unless Node has put its own. */
import type { ReadAnswer, ReadRequest } from "./h5wasm-work.ts";

/** What a thread tells whoever started it. */
export interface ReaderEvents {
  answered(answer: ReadAnswer): void;
  /** It could not start, or has stopped by itself. */
  failed(reason: string): void;
}

/** Starts a thread with a file; gives what ends it. */
export type StartReader = (request: ReadRequest, events: ReaderEvents) => () => void;

function startWorker(request: ReadRequest, { answered, failed }: ReaderEvents): () => void {
  const worker = new Worker(new URL("../core/web-h5wasm.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }: MessageEvent<ReadAnswer>) => answered(data));
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    failed(event.message ?? "the worker's script could not be loaded");
  });
  worker.postMessage(request);
  return () => worker.terminate();
}

let start: StartReader = startWorker;

/** Starts readers this way from now on. */
export function usePlatformReaders(platform: StartReader): void {
  start = platform;
}

/** The first answer of a thread, which is then ended. `timeout`: milliseconds, after which it is ended anyway. */
export async function readApart(request: ReadRequest, timeout: number): Promise<ReadAnswer> {
  return new Promise((resolve) => {
    const failed = (reason: string): void =>
      settle({ refused: { code: "unsupported/h5wasm", message: `h5wasm has failed: ${reason}` } });
    const timer = setTimeout(() => failed(`nothing read within ${timeout} ms`), timeout);
    const settle = (answer: ReadAnswer): void => {
      clearTimeout(timer);
      end();
      resolve(answer);
    };
    const end = start(request, { answered: settle, failed });
  });
}
