/** Node's worker threads in the place of a browser's workers. They keep no process alive, but while they start. */
import { type StartReader, usePlatformReaders } from "./readers.ts";
import { type Thread, type ThreadEvents, usePlatformThreads } from "./threads.ts";

/** Not imported: a process without threads needs no time for it. */
const workers = () => process.getBuiltinModule("node:worker_threads");

/** Starts a thread with this script. */
export function startNodeThread(script: URL, { ready, failed }: ThreadEvents): Thread {
  const worker = new (workers().Worker)(script, { execArgv: [], name: "keraport" });
  const left = (reason: string): void => {
    worker.unref();
    failed(reason);
  };
  worker.on("message", () => {
    worker.unref();
    ready();
  });
  worker.on("error", (error) => left(error.message));
  worker.on("exit", () => left("the thread has ended"));
  return { post: (message) => worker.postMessage(message), end: () => void worker.terminate() };
}

/** Starts readers with this script; what they hold is bounded, so that a file cannot take the memory of the process. */
export const startNodeReader =
  (script: URL): StartReader =>
  (request, { answered, failed }) => {
    const worker = new (workers().Worker)(script, {
      execArgv: [],
      env: {},
      name: "keraport",
      stderr: true,
      stdout: true,
    });
    worker.on("message", answered);
    worker.on("error", (error) => failed(error.message));
    worker.on("exit", () => failed("the thread has ended"));
    worker.postMessage(request);
    return () => void worker.terminate();
  };

/** From now on threads are Node's workers. */
export function useNodeThreads(): void {
  usePlatformThreads((events) => startNodeThread(new URL("../core/node-thread.js", import.meta.url), events));
  usePlatformReaders(startNodeReader(new URL("../core/node-h5wasm.js", import.meta.url)));
}
