/** Storage and kernels agree: the compiler's own test of the graph that it is about to plan. */
import { fail } from "../core/error.ts";
import { getOp } from "../ops/index.ts";
import type { Graph, GraphNode } from "../ops/types.ts";

function checkNode({ op: name, in: inputs, out, attrs, body }: GraphNode, { values }: Graph): void {
  const op = getOp(name);
  const x = inputs.map((id) => values.get(id)!.dtype);
  const expected = op.takes(x, attrs, body);
  if (expected !== null) fail("internal/graph", { source: name, expected, found: x.join(", ") });
  const made = op.dtype?.(x, attrs, body) ?? out.map(() => x[0]!);
  const wrong = out.findIndex((id, i) => values.get(id)!.dtype !== made[i]);
  if (wrong >= 0)
    fail("internal/graph", { source: name, expected: made[wrong]!, found: values.get(out[wrong]!)!.dtype });
  if (body !== undefined) checkDTypes(body);
}

/** Throws `internal/graph` where an operation, in a loop's body too, reads or makes what its kernel is not made for. */
export function checkDTypes(graph: Graph): void {
  for (const node of graph.nodes) checkNode(node, graph);
}
