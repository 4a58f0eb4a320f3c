/** Removes what no output, no state and no size needs. */
import { isNode, makesOf, readsOf } from "../ops/slots.ts";
import type { Graph, GraphNode, NodeOf, Value, ValueId } from "../ops/types.ts";

/** Values that the attributes of a node measure. */
export function measured(node: GraphNode): ValueId[] {
  const found: ValueId[] = [];
  const pending: unknown[] = Object.values(node.attrs);
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== "object" || value === null) continue;
    if ("of" in value && typeof value.of === "number") found.push(value.of);
    else pending.push(...Object.values(value));
  }
  return found;
}

/** Every node's inputs and sizes, those of its bodies included: sizes inside a body may measure outer values. */
function needs(node: GraphNode): ValueId[] {
  const found = readsOf(node);
  const pending = [node];
  while (pending.length > 0) {
    const next = pending.pop()!;
    found.push(...measured(next));
    if (next.body !== undefined) pending.push(...next.body.nodes);
  }
  return found;
}

const leanBody = (node: GraphNode, body: Graph): GraphNode => ({ ...node, body: { ...body, nodes: live(body, []) } });

/** A loop that stacks only what is needed, of those sequences that it reads. */
function leanLoop(node: GraphNode & NodeOf<"scan">, needed: ReadonlySet<ValueId>): GraphNode {
  const body = node.body!;
  const { init, xs, captured } = node.in;
  const wanted = node.out.ys.map((id) => needed.has(id));
  const outputs = body.outputs.filter((_, i) => i < init.length || wanted[i - init.length]);
  const nodes = live({ ...body, outputs }, []);
  const read = new Set([...outputs, ...nodes.flatMap(needs)]);
  const slices = body.inputs.slice(init.length);
  const used = slices.map((id) => read.has(id));
  // One says how many steps there are.
  if (!used.includes(true)) used[0] = true;
  const inputs = [...body.inputs.slice(0, init.length), ...slices.filter((_, i) => used[i])];
  return {
    ...node,
    in: { init, xs: xs.filter((_, i) => used[i]), captured },
    out: { ...node.out, ys: node.out.ys.filter((_, i) => wanted[i]) },
    body: { ...body, inputs, outputs, nodes },
  };
}

function live(graph: Graph, keep: readonly ValueId[]): GraphNode[] {
  const needed = new Set<ValueId>([...graph.outputs, ...keep]);
  for (const state of graph.states) {
    needed.add(state.write);
    for (const size of state.shape) if (typeof size === "object" && "of" in size) needed.add(size.of);
  }
  const nodes: GraphNode[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!makesOf(node).some((id) => needed.has(id))) continue;
    const lean = isNode(node, "scan") ? leanLoop(node, needed) : node.body === undefined ? node : leanBody(node, node.body); // prettier-ignore
    for (const id of needs(lean)) needed.add(id);
    nodes.push(lean);
  }
  return nodes.reverse();
}

/** Ids that a graph and its bodies name. */
function named(graph: Graph): Set<ValueId> {
  const ids = new Set<ValueId>();
  const pending = [graph];
  while (pending.length > 0) {
    const next = pending.pop()!;
    for (const id of [...next.inputs, ...next.outputs]) ids.add(id);
    for (const { outer, inner } of next.captures) ids.add(outer).add(inner);
    for (const { read, write } of next.states) ids.add(read).add(write);
    for (const node of next.nodes) {
      for (const id of [...readsOf(node), ...makesOf(node), ...measured(node)]) ids.add(id);
      if (node.body !== undefined) pending.push(node.body);
    }
  }
  return ids;
}

function share(graph: Graph, values: ReadonlyMap<ValueId, Value>): Graph {
  const nodes = graph.nodes.map((node) =>
    node.body === undefined ? node : { ...node, body: share(node.body, values) },
  );
  return { ...graph, values, nodes };
}

/** The graph without dead nodes and without values that nothing names. `keep`: values wanted beside the outputs. */
export function simplify(graph: Graph, keep: readonly ValueId[] = []): Graph {
  const lean = { ...graph, nodes: live(graph, keep) };
  const ids = named(lean);
  for (const id of keep) ids.add(id);
  return share(lean, new Map([...graph.values].filter(([id]) => ids.has(id))));
}
