/**
 * States that take their new values at once instead of at the end: what element-wise chains make of them where nothing can
 * fail any more and nobody reads the old values afterwards. So a step of training needs no second copy of weights and slots.
 */
import { sizeOf } from "../../core/tensor.ts";
import type { Graph, ValueId } from "../../ops/types.ts";
import { allReads, type PlanNode } from "./plan-node.ts";

/** What is written to a state, by a group of nodes, and the state's old value. */
export interface InPlace {
  readonly write: ValueId;
  readonly read: ValueId;
}

/** Kernels of these may report an index that is out of range; loops have bodies of whatever. */
const FAILING: ReadonlySet<PlanNode["op"]> = new Set(["gather", "scatterAdd", "text", "scan"]);

/** By group. `last`: the group that reads a value last. */
export function writtenInPlace(
  graph: Graph,
  groups: readonly (readonly PlanNode[])[],
  last: ReadonlyMap<ValueId, number>,
): ReadonlyMap<number, InPlace> {
  const found = new Map<number, InPlace>();
  if (graph.states.length === 0) return found;
  const kept = new Set<ValueId>([...graph.outputs, ...graph.states.map(({ write }) => write)]);
  const states = new Map(graph.states.map(({ read, write }) => [write, read]));
  const size = (id: ValueId): number => sizeOf(graph.values.get(id)!.shape as readonly number[]);
  for (let i = groups.length - 1; i >= 0; i--) {
    const group = groups[i]!;
    if (group.some(({ op }) => FAILING.has(op))) break;
    const [node] = group as [PlanNode];
    if (group.length > 1 || node.op !== "elementwise") continue;
    const write = node.out["y"] as ValueId;
    const read = states.get(write);
    if (read === undefined || kept.has(read) || graph.outputs.includes(write) || last.get(read)! > i) continue;
    const isSame = graph.values.get(read)!.dtype === graph.values.get(write)!.dtype && size(read) === size(write);
    // Rows that are stretched are no single run: their last vectors reach into the next one.
    if (isSame && allReads(node).every((id) => size(id) === size(write) || size(id) === 1))
      found.set(i, { write, read });
  }
  return found;
}
