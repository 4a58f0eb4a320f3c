/** What the wasm backend runs for each layer: its plan, told in words. */
import { type Ready, WasmEngine } from "./engine.ts";
import { compile } from "./compile.ts";
import { kernelName } from "./kernels/types.ts";
import { FixedMemory, Linker } from "./link.ts";
import { withRules } from "./rules/later.ts";
import { refuseProblems } from "../../graph/problems.ts";
import type { Graph } from "../../ops/types.ts";
import type { KernelInfo, KernelsByCall } from "../types.ts";

/**
 * For each index into the graph's `calls` the kernels of its own nodes, in the order in which they first run. A chain of
 * element-wise operations belongs to the call in which it ends. Nothing is run or read. Throws what `compile` throws.
 */
export async function kernelsByCall(graph: Graph, shapes: readonly (readonly number[])[]): Promise<KernelsByCall> {
  const plan = await withRules(() => compile(graph, shapes, new Linker({ relaxed: false }), new FixedMemory()));
  const calls = new Map<number, Map<string, KernelInfo>>();
  for (const { kernel, call } of plan.kernels) {
    if (call < 0) continue;
    const found = calls.get(call) ?? new Map<string, KernelInfo>();
    calls.set(call, found);
    const name = kernelName(kernel);
    const way: KernelInfo["way"] = kernel.way ?? "scalar";
    const known = found.get(`${name} ${way}`);
    found.set(`${name} ${way}`, { name, way, count: (known?.count ?? 0) + 1 });
  }
  return new Map([...calls].map(([call, found]) => [call, [...found.values()]]));
}

/** Runs a plan on zeros and adds to `times`, in milliseconds, what each instruction took; states stay as they are. */
function timeSteps(engine: WasmEngine, ready: Ready, times: Float64Array): void {
  engine.activate(ready);
  for (const port of ready.inputs) port.clear();
  let before = performance.now();
  for (let at = ready.from, i = 0; at < ready.commit; at += 8, i++) {
    engine.execute(at, at + 8);
    const now = performance.now();
    times[i]! += now - before;
    before = now;
  }
}

/** How long runs are timed, in milliseconds, and how many at most. */
const [TIMED, MOST_RUNS] = [150, 1000] as const;

/**
 * Milliseconds a run for each index into the graph's `calls`: the mean of many, since clocks are coarse. Inputs are zeros,
 * states stay as they are. Throws what `openWasm` throws.
 */
export async function timesByCall(
  graph: Graph,
  shapes: readonly (readonly number[])[],
): Promise<ReadonlyMap<number, number>> {
  refuseProblems(graph);
  const engine = new WasmEngine(graph, {});
  try {
    const ready = await engine.ready(shapes);
    const steps = new Float64Array(ready.uses.length);
    // The first runs are slower code.
    timeSteps(engine, ready, new Float64Array(ready.uses.length));
    const until = performance.now() + TIMED;
    let runs = 0;
    for (; runs === 0 || (runs < MOST_RUNS && performance.now() < until); runs++) timeSteps(engine, ready, steps);
    const times = new Map<number, number>();
    ready.uses.forEach(({ call }, i) => times.set(call, (times.get(call) ?? 0) + steps[i]! / runs));
    return times;
  } finally {
    engine.free();
  }
}
