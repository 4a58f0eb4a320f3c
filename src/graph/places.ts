/** Places along an axis, of which the negative ones count from its end. */
import { isNode } from "../ops/slots.ts";
import type { Graph, GraphNode, ValueId } from "../ops/types.ts";
import { numbersOf } from "./expressions.ts";

/** What a value is made by. */
type MakerOf = (id: ValueId) => GraphNode | undefined;

/** A constant of zeros, spread over a shape or not. */
export function isZero({ values }: Graph, id: ValueId, makerOf: MakerOf): boolean {
  const maker = makerOf(id);
  if (maker !== undefined && isNode(maker, "full")) return maker.attrs.value === 0;
  const numbers = numbersOf(values.get(id)!);
  return numbers.length > 0 && numbers.every((n) => n === 0);
}

/** A choice of places, or of them and a length where they are negative and not below it: the places, and the length. */
export function fromEnd(
  graph: Graph,
  node: GraphNode | undefined,
  makerOf: MakerOf,
  numberOf: (id: ValueId) => number,
): { readonly places: ValueId; readonly length: number } | null {
  if (node === undefined || !isNode(node, "where")) return null;
  const [both, sum, places] = [makerOf(node.in.condition), makerOf(node.in.a), node.in.b];
  if (both === undefined || !isNode(both, "logicalAnd") || sum === undefined || !isNode(sum, "add")) return null;
  const [below, within] = [makerOf(both.in.a), makerOf(both.in.b)];
  if (below === undefined || !isNode(below, "less") || !isZero(graph, below.in.b, makerOf)) return null;
  if (within === undefined || !isNode(within, "greaterEqual")) return null;
  const numbers = (id: ValueId): readonly number[] => numbersOf(graph.values.get(id)!);
  const [length, ...others] = numbers(sum.in.b);
  const isOf = [below.in.a, within.in.a, sum.in.a].every((id) => numberOf(id) === numberOf(places));
  if (!isOf || length === undefined || others.length > 0 || numbers(within.in.b).join() !== `${-length}`) return null;
  return { places, length };
}
