/** What every engine asks of inputs, weights and constants before it computes. */
import { fail } from "../core/error.ts";
import { showShape, sizeOf, type Tensor } from "../core/tensor.ts";
import { isNode } from "../ops/slots.ts";
import type { Graph, GraphNode, NodeOf, Shape, WeightRef } from "../ops/types.ts";

/** Whether a node does something with texts. */
export const isText = (node: GraphNode): node is NodeOf<"text"> => isNode(node, "text");

/** Whether a graph does anything with texts. */
export const hasTexts = (graph: Graph): boolean =>
  graph.nodes.some(isText) || graph.inputs.some((id) => graph.values.get(id)?.dtype === "string");

/** Throws what `Session.run` says of inputs that the graph does not take, whatever their shapes. */
export function checkInputs(graph: Graph, inputs: readonly Tensor[]): void {
  const wanted = graph.inputs;
  if (inputs.length !== wanted.length)
    fail("mismatch/inputs", { expected: `${wanted.length} inputs`, found: String(inputs.length) });
  inputs.forEach(({ dtype, shape, data }, i) => {
    const expected = graph.values.get(wanted[i]!)!.dtype;
    if (dtype !== expected) fail("mismatch/dtype", { path: `inputs/${i}`, expected, found: dtype });
    if (data.length !== sizeOf(shape))
      fail("mismatch/shape", { path: `inputs/${i}`, expected: `${sizeOf(shape)} values`, found: String(data.length) });
  });
}

/** A weight's values, of the shape that the graph was traced with. Throws `mismatch/shape`. */
export async function readWeight(weight: WeightRef, shape: Shape | null): Promise<Tensor> {
  const tensor = await weight.read();
  const fits =
    shape === null ||
    (shape.length === tensor.shape.length && shape.every((n, i) => n === null || n === tensor.shape[i]));
  if (!fits)
    fail("mismatch/shape", {
      path: weight.name,
      expected: `shape ${showShape(shape)}`,
      found: showShape(tensor.shape),
    });
  return tensor;
}
