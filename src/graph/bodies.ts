/** What the body of a loop node gets, by node. */
import { fail } from "../core/error.ts";
import type { GraphNode, Shape, ValueId } from "../ops/types.ts";

function count(node: GraphNode, name: string): number {
  const value = node.attrs[name];
  return typeof value === "number" ? value : fail("internal/graph", { path: `${node.op}.${name}` });
}

/** How the inputs of a loop node split up: what is cut along `axis`, what goes round, what the body captures. */
export interface LoopInputs<T> {
  readonly axis: number;
  readonly init: readonly T[];
  readonly sequences: readonly T[];
  readonly captured: readonly T[];
}

/** `x` are values, shapes or whatever stands for the node's inputs. The mask of `rnn` is among its sequences. */
export function loopInputs<T>(node: GraphNode, x: readonly T[]): LoopInputs<T> {
  const axis = count(node, "axis");
  if (node.op === "scan") {
    const [carries, xs] = [count(node, "carries"), count(node, "xs")];
    return {
      axis,
      init: x.slice(0, carries),
      sequences: x.slice(carries, carries + xs),
      captured: x.slice(carries + xs),
    };
  }
  if (node.op !== "rnn") return fail("internal/graph", { path: node.op, message: "an operation without a body" });
  const first = node.attrs["masked"] === true ? 2 : 1;
  const states = count(node, "states");
  return {
    axis,
    sequences: x.slice(0, first),
    init: x.slice(first, first + states),
    captured: x.slice(first + states),
  };
}

/** Shapes of a body's inputs, from those of its node. */
export function bodyShapes(node: GraphNode, x: readonly Shape[]): Shape[] {
  const { axis, init, sequences } = loopInputs(node, x);
  const slices = sequences.map((shape) => shape.filter((_, i) => i !== axis));
  return node.op === "scan" ? [...init, ...slices] : [slices[0]!, ...init];
}

/**
 * The same node with the weights, constants and states that its body reads as captures, at the end: a backend that runs
 * the node whole finds all it needs among the node's inputs.
 */
export function closed(node: GraphNode): GraphNode {
  const { body } = node;
  if (body === undefined) return node;
  const known = new Set([...body.inputs, ...body.captures.map((capture) => capture.inner)]);
  const free = new Set<ValueId>();
  for (const id of body.nodes.flatMap((inner) => inner.in))
    if (!known.has(id) && body.values.get(id)?.from !== undefined) free.add(id);
  const captures = [...free].map((id) => ({ outer: id, inner: id }));
  return { ...node, in: [...node.in, ...free], body: { ...body, captures: [...body.captures, ...captures] } };
}
