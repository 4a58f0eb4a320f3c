/** Recurrent layers that do not depend on one another, as the two directions of a Bidirectional: threads run them at once. */
import { sizeOf } from "../../core/tensor.ts";
import { isNode, makesOf } from "../../ops/slots.ts";
import type { Graph, ValueId } from "../../ops/types.ts";
import { allReads, type PlanNode } from "./plan-node.ts";
import type { Parallel } from "./parts.ts";

/** The lesser work of a pair is at least this share of the greater. */
const ALIKE = 0.25;
/** From this many rows on a layer gives each of several threads enough by itself. */
const ROWS = 8;

/** Nodes in an order that can be run, those side by side that threads run at once. */
export function pairUp(
  nodes: readonly PlanNode[],
  values: Graph["values"],
  parallel: Parallel | null,
): readonly (readonly PlanNode[])[] {
  const groups: (readonly PlanNode[])[] = [];
  let left = nodes;
  while (left.length > 0) {
    const [node, ...rest] = left as [PlanNode, ...PlanNode[]];
    const found = parallel === null ? undefined : partnerOf(node, rest, values, parallel);
    if (found === undefined) {
      groups.push([node]);
      left = rest;
      continue;
    }
    for (const before of found.before) groups.push([before]);
    groups.push([node, found.partner]);
    left = found.after;
  }
  return groups;
}

interface Partner {
  readonly partner: PlanNode;
  /** What the partner needs, and what else is left. */
  readonly before: readonly PlanNode[];
  readonly after: readonly PlanNode[];
}

function partnerOf(
  node: PlanNode,
  rest: readonly PlanNode[],
  values: Graph["values"],
  parallel: Parallel,
): Partner | undefined {
  const own = workOf(node, values);
  const least = Math.max(1, parallel.work);
  if (own < least || (parallel.threads > 2 && rowsOf(node, values) >= ROWS * parallel.threads)) return undefined;
  const dependent = new Set<ValueId>(makesOf(node));
  const depends = rest.map((other) => {
    const does = allReads(other).some((id) => dependent.has(id));
    if (does) for (const id of makesOf(other)) dependent.add(id);
    return does;
  });
  const isPartner = (other: PlanNode, i: number): boolean => {
    const work = depends[i]! ? 0 : workOf(other, values);
    return work >= least && work >= ALIKE * own && own >= ALIKE * work;
  };
  const at = rest.findIndex(isPartner);
  if (at < 0) return undefined;
  const partner = rest[at]!;
  const needed = new Set<ValueId>(allReads(partner));
  const before: PlanNode[] = [];
  const after = rest.slice(at + 1);
  for (let i = at - 1; i >= 0; i--) {
    const other = rest[i]!;
    const isNeeded = makesOf(other).some((id) => needed.has(id));
    if (isNeeded) for (const id of allReads(other)) needed.add(id);
    (isNeeded ? before : after).unshift(other);
  }
  return { partner, before, after };
}

/** Rows of a recurrent node's first state. */
const rowsOf = (node: PlanNode, values: Graph["values"]): number =>
  isNode(node, "rnn") ? values.get(node.in.states[0]!)!.shape![0]! : 0;

/** Multiply-adds of a recurrent layer, about: every weight once for each step, row and position. 0 for other nodes. */
function workOf(node: PlanNode, values: Graph["values"]): number {
  if (!isNode(node, "rnn")) return 0;
  const shapeOf = (id: ValueId): readonly number[] => values.get(id)!.shape as readonly number[];
  const steps = shapeOf(node.in.x)[node.attrs.axis]!;
  const state = shapeOf(node.in.states[0]!);
  const units = Math.max(1, Math.min(...state.slice(1)));
  const weights = allReads(node).filter(
    (id) => values.get(id)!.from !== undefined && "weight" in values.get(id)!.from!,
  );
  const size = weights.reduce((sum, id) => sum + sizeOf(shapeOf(id)), 0);
  return (steps * size * sizeOf(state)) / units;
}
