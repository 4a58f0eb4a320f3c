/** What the wasm backend runs for each layer: its plan, told in words. */
import { compile } from "./compile.ts";
import type { Kernel, Way } from "./kernels/types.ts";
import { FixedMemory, Linker } from "./link.ts";
import type { Graph } from "../../ops/types.ts";

export interface KernelInfo {
  /** `gemm`, `recurrent`, `elementwise` … */
  readonly name: string;
  /**
   * `fused`: whole steps of a layer in vector registers; `vector`: several numbers at a time; `scalar`: one by one;
   * `copy`: nothing is computed.
   */
  readonly way: Way | "scalar";
  /** How many a run of the plan has. */
  readonly count: number;
}

const ORDER: readonly KernelInfo["way"][] = ["fused", "vector", "scalar", "copy"];
const SHOWN = { fused: " (fused SIMD)", vector: " (SIMD)", scalar: " (scalar)", copy: "" } as const;

/** `recurrent (fused SIMD), gemm (SIMD) ×2, copy`: what computes comes first. */
export function kernelText(kernels: readonly KernelInfo[]): string {
  const sorted = [...kernels].sort((a, b) => ORDER.indexOf(a.way) - ORDER.indexOf(b.way));
  return sorted.map(({ name, way, count }) => `${name}${SHOWN[way]}${count > 1 ? ` ×${count}` : ""}`).join(", ");
}

/** Words of a key that are no parameters. */
function nameOf({ key }: Kernel): string {
  const words = key.split(" ");
  const end = words.findIndex((word) => !/^[a-z]+$/i.test(word) || /^(true|false|bool|none)$/.test(word));
  return words.slice(0, end < 0 ? words.length : end).join(" ");
}

/**
 * For each index into the graph's `calls` the kernels of its own nodes, in the order in which they first run. A chain of
 * element-wise operations belongs to the call in which it ends. Nothing is run or read. Throws what `compile` throws.
 */
export function kernelsByCall(
  graph: Graph,
  shapes: readonly (readonly number[])[],
): ReadonlyMap<number, readonly KernelInfo[]> {
  const plan = compile(graph, shapes, new Linker({ relaxed: false }), new FixedMemory());
  const calls = new Map<number, Map<string, KernelInfo>>();
  for (const { kernel, call } of plan.kernels) {
    if (call < 0) continue;
    const found = calls.get(call) ?? new Map<string, KernelInfo>();
    calls.set(call, found);
    const name = nameOf(kernel);
    const way: KernelInfo["way"] = kernel.way ?? "scalar";
    const known = found.get(`${name} ${way}`);
    found.set(`${name} ${way}`, { name, way, count: (known?.count ?? 0) + 1 });
  }
  return new Map([...calls].map(([call, found]) => [call, [...found.values()]]));
}
