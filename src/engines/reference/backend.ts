/** The engine that defines what is right: float64 arithmetic of the operations, one after the other. */
import type { Graph } from "../../ops/types.ts";
import type { Backend, OpenOptions } from "../types.ts";

export const reference = {
  id: "reference",
  strict: false,
  threads: false,
  weightDtype: false,
  fast: false,
  sync: false,
  precision: true,
  providers: false,
  kernels: null,
  times: null,
  fetch: null,
  open: async (graph: Graph, options?: OpenOptions) => (await import("./session.ts")).openReference(graph, options),
} satisfies Backend;
