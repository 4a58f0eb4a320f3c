/** ONNX Runtime, an optional package: the graph becomes an ONNX model in memory. */
import type { Graph } from "../../ops/types.ts";
import type { Backend, OpenOptions } from "../types.ts";

export const onnxruntime = {
  id: "onnxruntime",
  strict: false,
  threads: false,
  weightDtype: false,
  fast: false,
  sync: false,
  precision: false,
  providers: true,
  kernels: null,
  times: null,
  fetch: null,
  open: async (graph: Graph, options?: OpenOptions) => (await import("./session.ts")).openOnnx(graph, options),
} satisfies Backend;
