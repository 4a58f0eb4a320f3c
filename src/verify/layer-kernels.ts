/** Which kernels of an engine compute a layer. */
import type { Tensor } from "../core/tensor.ts";
import type { Graph } from "../ops/types.ts";
import { backendNamed, type BackendName, DEFAULT_BACKEND } from "../engines/index.ts";
import { hasTexts } from "../engines/inputs.ts";
import type { KernelInfo } from "../engines/types.ts";
import { span } from "./layer-calls.ts";
import type { LayerComparison } from "./report.ts";
import type { Side } from "./side-by-side.ts";

/** Of a call of a layer and of those inside it. */
export interface LayerKernels {
  /** Names of the layers down to the one called, joined by `/`. */
  readonly layer: string;
  /** Keras's class of it. */
  readonly class: string;
  /** Counts the calls of one layer. */
  readonly call: number;
  /** What its own operations run, in the order in which they first do. */
  readonly kernels: readonly KernelInfo[];
  /** Milliseconds that its own kernels take in a run, where they were timed. */
  readonly time?: number;
}

const ORDER: readonly KernelInfo["way"][] = ["fused", "vector", "scalar", "copy"];
const SHOWN = { fused: " (fused SIMD)", vector: " (SIMD)", scalar: " (scalar)", copy: "" } as const;

/** `recurrent (fused SIMD), gemm (SIMD) ×2, copy`: what computes comes first. */
export function kernelText(kernels: readonly KernelInfo[]): string {
  const sorted = [...kernels].sort((a, b) => ORDER.indexOf(a.way) - ORDER.indexOf(b.way));
  return sorted.map(({ name, way, count }) => `${name}${SHOWN[way]}${count > 1 ? ` ×${count}` : ""}`).join(", ");
}

function joined(lists: readonly (readonly KernelInfo[])[]): readonly KernelInfo[] {
  const found = new Map<string, KernelInfo>();
  for (const kernel of lists.flat()) {
    const key = `${kernel.name} ${kernel.way}`;
    found.set(key, { ...kernel, count: (found.get(key)?.count ?? 0) + kernel.count });
  }
  return [...found.values()];
}

/**
 * For every call, in the graph's order, for inputs of these shapes. `isWhole`: those of the calls inside count for the
 * outer one too; an engine that tells of no kernels has none, nor has a model of texts, which is computed in parts. Nothing is run. Throws what planning throws.
 */
export async function layerKernels(
  graph: Graph,
  backend: BackendName,
  shapes: readonly Tensor["shape"][],
  isWhole: boolean,
): Promise<readonly LayerKernels[]> {
  const own = hasTexts(graph) ? undefined : await backendNamed(backend).kernels?.(graph, shapes);
  return graph.calls.map(({ path, class: className, index }, call) => {
    const { first, end } = isWhole ? span(graph, call) : { first: call, end: call + 1 };
    const lists = Array.from({ length: end - first }, (_, i) => own?.get(first + i) ?? []);
    return { layer: path, class: className, call: index, kernels: joined(lists) };
  });
}

/** Layers with what computed them, where the engine tells. */
export async function withKernels(
  layers: readonly LayerComparison[],
  { graph, backend = DEFAULT_BACKEND }: Side,
  inputs: readonly Tensor[],
): Promise<readonly LayerComparison[]> {
  if (backendNamed(backend).kernels === null || layers.length === 0) return layers;
  const shapes = inputs.map(({ shape }) => shape);
  const all = await layerKernels(graph, backend, shapes, true);
  const known = new Map(all.map(({ layer, call, kernels }) => [`${call}:${layer}`, kernelText(kernels)]));
  return layers.map((layer) => {
    const kernels = known.get(`${layer.call}:${layer.layer}`);
    return kernels === undefined || kernels === "" ? layer : { ...layer, kernels };
  });
}
