/** What the bodies of loop nodes get. */
import { fail } from "../core/error.ts";
import type { In } from "../ops/signatures.ts";
import { isNode, readsOf } from "../ops/slots.ts";
import type { GraphNode, NodeOf, Shape, ValueId } from "../ops/types.ts";

const cut = (shape: Shape, axis: number): Shape => shape.filter((_, i) => i !== axis);

/** Shapes of a body's inputs, from those of its node's operands. */
export function bodyShapes(node: GraphNode, shapeOf: (id: ValueId) => Shape): Shape[] {
  if (isNode(node, "scan"))
    return [...node.in.init.map(shapeOf), ...node.in.xs.map((id) => cut(shapeOf(id), node.attrs.axis))];
  if (isNode(node, "rnn")) return [cut(shapeOf(node.in.x), node.attrs.axis), ...node.in.states.map(shapeOf)];
  return fail("internal/graph", { path: node.op, message: "an operation without a body" });
}

/**
 * The same node with the weights, constants and states that its body reads as captures, at the end: an engine that runs
 * the node whole finds all it needs among the node's operands.
 */
export function closed(node: NodeOf<"rnn">): GraphNode {
  const body = node.body!;
  const known = new Set([...body.inputs, ...body.captures.map((capture) => capture.inner)]);
  const free = new Set<ValueId>();
  for (const id of body.nodes.flatMap(readsOf))
    if (!known.has(id) && body.values.get(id)?.from !== undefined) free.add(id);
  const captures = [...free].map((id) => ({ outer: id, inner: id }));
  const operands: In<"rnn", ValueId> = { ...node.in, captured: [...node.in.captured, ...free] };
  return { ...node, in: operands, body: { ...body, captures: [...body.captures, ...captures] } };
}
