/** Computes what is the same whatever the inputs. */
import { openSession, REFERENCE } from "../engines/index.ts";
import { makesOf, readsOf } from "../ops/slots.ts";
import type { Graph, GraphNode, Shape, Value, ValueId } from "../ops/types.ts";

/** Whether an attribute is a length that a call decides. */
const isMeasuring = ({ attrs }: GraphNode): boolean => JSON.stringify(attrs).includes('"of":');

const sizeOf = (shape: Shape | null | undefined): number =>
  (shape ?? [null]).reduce<number>((size, n) => size * (n ?? Infinity), 1);

/** The most numbers that one value may have, and all: what is larger stays as it is. */
const MOST_OF_ONE = 2 ** 16;
const MOST = 2 ** 20;

/** The same graph with constants in the place of what constants alone make. */
export async function foldConstants(graph: Graph): Promise<Graph> {
  const fixed = new Set<ValueId>();
  for (const [id, { from }] of graph.values) if (from !== undefined && "constant" in from) fixed.add(id);
  let left = MOST;
  const isFolded = (node: GraphNode): boolean => {
    if (node.body !== undefined || isMeasuring(node) || !readsOf(node).every((id) => fixed.has(id))) return false;
    const sizes = makesOf(node).map((id) => sizeOf(graph.values.get(id)!.shape));
    left -= sizes.reduce((sum, size) => sum + size, 0);
    if (left < 0 || sizes.some((size) => size > MOST_OF_ONE)) return false;
    makesOf(node).forEach((id) => fixed.add(id));
    return true;
  };
  const folded = graph.nodes.filter(isFolded);
  if (folded.length === 0) return graph;
  const nodes = graph.nodes.filter((node) => !folded.includes(node));
  const made = new Set(folded.flatMap(makesOf));
  const read = new Set([...nodes.flatMap(readsOf), ...graph.outputs]);
  const outputs = [...made].filter((id) => read.has(id));
  // A model may have no weights yet.
  const own = new Map([...graph.values].filter(([id]) => fixed.has(id)));
  const alone = { ...graph, values: own, nodes: folded, inputs: [], outputs, states: [], calls: [] };
  const session = await openSession(alone, { backend: REFERENCE });
  const constants = await session.run([]);
  session.dispose();
  const values = new Map<ValueId, Value>(graph.values);
  outputs.forEach((id, i) => values.set(id, { ...values.get(id)!, from: { constant: constants[i]! } }));
  return { ...graph, nodes, values };
}
