/** The calls of a graph's layers whose values can be watched, in the order in which they finish. */
import { makesOf, readsOf } from "../ops/slots.ts";
import type { Graph, ValueId } from "../ops/types.ts";

/** One call of a layer. */
export interface CalledLayer {
  /** Names of the layers down to the one called, joined by `/`. */
  readonly path: string;
  readonly class: string;
  /** Counts the calls of one layer. */
  readonly index: number;
  readonly outputs: readonly ValueId[];
  /** What it takes from other layers or from the model's inputs. */
  readonly inputs: readonly ValueId[];
}

/** Calls inside the step of a loop are left out: their values exist anew at every step. */
export function layerCalls(graph: Graph): readonly CalledLayer[] {
  const madeAt = new Map<ValueId, number>(graph.inputs.map((id) => [id, -1]));
  graph.nodes.forEach((node, i) => makesOf(node).forEach((id) => madeAt.set(id, i)));
  const found: { call: CalledLayer; at: number; depth: number }[] = [];
  graph.calls.forEach(({ path, class: className, index, outputs }, i) => {
    if (outputs.length === 0 || !outputs.every((id) => madeAt.has(id))) return;
    const at = Math.max(...outputs.map((id) => madeAt.get(id)!));
    const inputs = inputsOf(graph, i);
    found.push({ call: { path, class: className, index, outputs, inputs }, at, depth: path.split("/").length });
  });
  // A model finishes with its last layer: the inner one is told first.
  found.sort((a, b) => a.at - b.at || b.depth - a.depth);
  return found.map(({ call }) => call);
}

/** Calls made by this call, itself included: those that follow it with a longer path. */
export function span(graph: Graph, call: number): { readonly first: number; readonly end: number } {
  const prefix = `${graph.calls[call]!.path}/`;
  let end = call + 1;
  while (end < graph.calls.length && graph.calls[end]!.path.startsWith(prefix)) end++;
  return { first: call, end };
}

function inputsOf(graph: Graph, call: number): readonly ValueId[] {
  const { first, end } = span(graph, call);
  const nodes = graph.nodes.filter((node) => node.call >= first && node.call < end);
  const own = new Set(nodes.flatMap(makesOf));
  const outer = nodes.flatMap(readsOf).filter((id) => !own.has(id) && graph.values.get(id)?.from === undefined);
  return [...new Set(outer)];
}
