/** Computes what is the same whatever the inputs. */
import { openSession, REFERENCE } from "../engines/index.ts";
import { makesOf, readsOf } from "../ops/slots.ts";
import type { Graph, GraphNode, Value, ValueId } from "../ops/types.ts";

/** Whether an attribute is a length that a call decides. */
const isMeasuring = ({ attrs }: GraphNode): boolean => JSON.stringify(attrs).includes('"of":');

/** The same graph with constants in the place of what constants alone make. */
export async function foldConstants(graph: Graph): Promise<Graph> {
  const fixed = new Set<ValueId>();
  for (const [id, { from }] of graph.values) if (from !== undefined && "constant" in from) fixed.add(id);
  const isFolded = (node: GraphNode): boolean => {
    const folds = node.body === undefined && readsOf(node).every((id) => fixed.has(id)) && !isMeasuring(node);
    if (folds) makesOf(node).forEach((id) => fixed.add(id));
    return folds;
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
