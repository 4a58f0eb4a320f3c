/** Storage and kernels agree: the compiler's own test of the graph that it is about to plan. */
import { fail } from "../../core/error.ts";
import type { DType } from "../../core/dtype.ts";
import { ruleOf } from "../../ops/index.ts";
import { flatSlots, mapSlots, zipSlots } from "../../ops/slots.ts";
import type { Graph, GraphNode } from "../../ops/types.ts";

function checkNode({ op, in: inputs, out, attrs, body }: GraphNode, { values }: Graph): void {
  const rule = ruleOf(op);
  const x = mapSlots(inputs, (id) => values.get(id)!.dtype);
  const expected = rule.takes(x, attrs, body);
  if (expected !== null) fail("internal/graph", { source: op, expected, found: flatSlots(x).join(", ") });
  const made = rule.dtype?.(x, attrs, body) ?? mapSlots(out, (): DType => flatSlots(x)[0]!);
  zipSlots(out, made, (id, dtype) => {
    const found = values.get(id)!.dtype;
    if (found !== dtype) fail("internal/graph", { source: op, expected: dtype, found });
  });
  if (body !== undefined) checkDTypes(body);
}

/** Throws `internal/graph` where an operation, in a loop's body too, reads or makes what its kernel is not made for. */
export function checkDTypes(graph: Graph): void {
  for (const node of graph.nodes) checkNode(node, graph);
}
