/** Which kernels a model's layers run as. */
import type { InputSpec } from "../layers/define.ts";
import type { Graph } from "../ops/types.ts";
import { fittingShapes } from "../verify/inputs.ts";
import { type BackendName, backendNamed, backendsWith } from "../engines/index.ts";
import { hasTexts } from "../engines/inputs.ts";
import { type LayerKernels, layerKernels } from "../verify/layer-kernels.ts";
import { type InputShapes, readShapes } from "./inputs.ts";
export { kernelText } from "../verify/layer-kernels.ts";

/** What `model.kernels()` tells. */
export interface KernelReport {
  /** Whose kernels they are: the first engine that tells. */
  readonly backend: BackendName;
  /** Of the inputs that this holds for: kernels may differ for others. */
  readonly shapes: readonly (readonly number[])[];
  /**
   * In the model's order. A layer without kernels computes nothing (its output is its input under another shape), or is
   * computed by the layer after it, with whose element-wise operations its own are joined.
   */
  readonly layers: readonly LayerKernels[];
}

/** Throws `unsupported/seeded-inputs` where no shapes are given and none are found. */
export async function kernelReport(
  graph: Graph,
  inputs: readonly InputSpec[],
  given: InputShapes | undefined,
  isTimed = false,
): Promise<KernelReport> {
  const one = inputs.map(({ shape }) => shape?.map((_, axis) => (axis === 0 ? 1 : null)) ?? null);
  const shapes = given === undefined ? fittingShapes({ graph, inputs }, one) : readShapes(given, inputs);
  const backend = backendsWith("kernels")[0]!;
  const times = isTimed && !hasTexts(graph) ? await backendNamed(backend).times?.(graph, shapes) : undefined;
  const found = await layerKernels(graph, backend, shapes, false);
  // In the order of the graph's calls.
  const layers = found.map((layer, call) => (times === undefined ? layer : { ...layer, time: times.get(call) ?? 0 }));
  // Of a layer that only calls others, those are told.
  const isOuter = (path: string): boolean => layers.some(({ layer }) => layer.startsWith(`${path}/`));
  return {
    backend,
    shapes,
    layers: layers.filter(({ layer, kernels }) => kernels.length > 0 || !isOuter(layer)),
  };
}
