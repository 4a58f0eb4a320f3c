/** The script of a worker thread of Node that reads one file by h5wasm. */
import { parentPort } from "node:worker_threads";
import { readByH5wasm, type ReadRequest } from "./h5wasm-work.ts";

parentPort!.once("message", async (request: ReadRequest) => {
  parentPort!.postMessage(await readByH5wasm(request));
});
