/** The script of one of Node's worker threads. */
import { parentPort } from "node:worker_threads";
import { receiver } from "./thread-work.ts";

parentPort!.on(
  "message",
  receiver(() => parentPort!.postMessage("ready")),
);
