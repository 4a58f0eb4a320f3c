/**
 * Arithmetic on 16-bit floats: the kernels of float32 compute it, since halves lie in memory as float32, and a cast
 * behind them rounds what they give. Element-wise operations round at every step by themselves; what only moves
 * values needs no rounding.
 */
import { isHalf } from "../../core/dtype.ts";
import type { OpName, Slots } from "../../ops/signatures.ts";
import { mapSlots } from "../../ops/slots.ts";
import type { Graph, GraphNode, Value, ValueId } from "../../ops/types.ts";

/** Operations that have kernels for float32 alone; a whole recurrent layer is rounded at its end. */
const ROUNDED: ReadonlySet<OpName> = new Set<OpName>([
  "sum", "mean", "prod", "max", "min", "matmul", "conv", "convTranspose", "pool",
  "lstmCell", "gruCell", "simpleRnnCell", "rnn",
]); // prettier-ignore

/** A graph without arithmetic on halves but for casts and chains. */
export function roundedHalves(graph: Graph): Graph {
  const values = new Map<ValueId, Value>(graph.values);
  let next = Math.max(...values.keys()) + 1;
  const rounded = (node: GraphNode): GraphNode[] => {
    if (!ROUNDED.has(node.op)) return [node];
    const casts: GraphNode[] = [];
    const out: Slots<ValueId> = mapSlots(node.out, (id) => {
      const value = values.get(id)!;
      if (!isHalf(value.dtype)) return id;
      values.set(next, { ...value, dtype: "float32" });
      const attrs = { dtype: value.dtype };
      casts.push({ op: "cast", in: { x: next }, out: { y: id }, attrs, call: node.call });
      return next++;
    });
    return [{ ...node, out }, ...casts];
  };
  // The step of `rnn` is a cell, which its kernel computes whole.
  const inside = (body: Graph): Graph => ({
    ...body,
    values,
    nodes: body.nodes
      .map((node) =>
        node.body === undefined ? node : { ...node, body: node.op === "rnn" ? node.body : inside(node.body) },
      )
      .flatMap(rounded),
  });
  return inside(graph);
}
