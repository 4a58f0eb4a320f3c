/** The script of a browser's worker that reads one file by h5wasm. */
import { readByH5wasm, type ReadRequest } from "./h5wasm-work.ts";

self.addEventListener("message", async (event: MessageEvent<ReadRequest>) => {
  self.postMessage(await readByH5wasm(event.data));
});
self.addEventListener("unhandledrejection", (event) => {
  self.postMessage({ refused: { code: "unsupported/h5wasm", message: `h5wasm has failed: ${String(event.reason)}` } });
});
