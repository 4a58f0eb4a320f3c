/** Node's worker threads in the place of a browser's workers. They keep no process alive, but while they start. */
import { Worker } from "node:worker_threads";
import { type Thread, type ThreadEvents, usePlatformThreads } from "./threads.ts";

/** Starts a thread with this script. */
export function startNodeThread(script: URL, { ready, failed }: ThreadEvents): Thread {
  const worker = new Worker(script, { execArgv: [], name: "keraport" });
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

/** From now on threads are Node's workers. */
export function useNodeThreads(): void {
  usePlatformThreads((events) => startNodeThread(new URL("../core/node-thread.js", import.meta.url), events));
}
