/** The fast engine: the graph becomes WebAssembly functions, and a plan of calls of them over one memory. */
import type { Graph } from "../../ops/types.ts";
import type { Backend, OpenOptions } from "../types.ts";

const code = () => import("./session.ts");

export const wasm = {
  id: "wasm",
  strict: true,
  threads: true,
  weightDtype: true,
  fast: true,
  sync: true,
  precision: false,
  providers: false,
  kernels: async (graph, shapes) => (await import("./report.ts")).kernelsByCall(graph, shapes),
  times: async (graph, shapes) => (await import("./report.ts")).timesByCall(graph, shapes),
  fetch: code,
  open: async (graph: Graph, options?: OpenOptions) => (await code()).openWasm(graph, options),
} satisfies Backend;
