/** The worker as the page calls it. */
import { proxy, wrap } from "comlink";
import { workerProgram, workerType } from "virtual:worker";
import type { Engine } from "./worker/main.ts";

// A blob's worker is under the page's own policy: nothing it does can leave the page either.
const program = URL.createObjectURL(new Blob([workerProgram()], { type: "text/javascript" }));
const worker = new Worker(program, { type: workerType });

worker.addEventListener("error", (event) => {
  throw new Error(`the worker has failed: ${event.message ?? "its program could not be loaded"}`);
});

export const engine = wrap<Engine>(worker);
export { proxy };

/** An error's words. */
export const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));
