/** Chains of element-wise operations of one shape become one node: what lies between them never reaches memory. */
import { closed } from "../graph/bodies.ts";
import type { Attrs, Graph, GraphNode, Value, ValueId } from "../ops/types.ts";
import { isVector, type Step } from "./kernels/elementwise.ts";
import { SCALAR_OPS } from "./kernels/elementwise-ops.ts";

/** A node as the planner sees it. */
export interface PlanNode {
  /** `elementwise` for those of `steps`. */
  readonly op: string;
  readonly in: readonly ValueId[];
  readonly out: readonly ValueId[];
  readonly attrs: Attrs;
  readonly body: Graph | undefined;
  readonly steps: readonly Step[];
  readonly call: number;
}

const MOST_STEPS = 32;
const MOST_INPUTS = 12;

type Values = ReadonlyMap<ValueId, Value>;

const shapeKey = (values: Values, id: ValueId): string => values.get(id)!.shape!.join();

/** Whether a node by itself runs four elements at a time. */
function vectorNode(values: Values, node: GraphNode): boolean {
  const dtype = (id: ValueId) => values.get(id)!.dtype;
  const args = node.in.map((_, i) => i);
  return isVector(node.in.map(dtype), [{ op: node.op, args, dtype: dtype(node.out[0]!) }]);
}

/** For each element-wise node the index of the node with which its chain ends. */
function rootsOf(graph: Graph): Map<number, number> {
  const { nodes, values } = graph;
  const kept = new Set<ValueId>([...graph.outputs, ...graph.states.map((state) => state.write)]);
  const users = new Map<ValueId, number[]>();
  nodes.forEach((node, i) => {
    for (const id of node.in) {
      const list = users.get(id);
      if (list === undefined) users.set(id, [i]);
      else list.push(i);
    }
  });
  const roots = new Map<number, number>();
  const steps = new Map<number, number>();
  const inputs = new Map<number, number>();
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    if (!SCALAR_OPS.has(node.op)) continue;
    const out = node.out[0]!;
    const root = roots.get(users.get(out)?.[0] ?? -1);
    const joins =
      root !== undefined &&
      !kept.has(out) &&
      users.get(out)!.every((user) => roots.get(user) === root) &&
      shapeKey(values, out) === shapeKey(values, nodes[root]!.out[0]!) &&
      vectorNode(values, node) === vectorNode(values, nodes[root]!) &&
      steps.get(root)! < MOST_STEPS &&
      inputs.get(root)! + node.in.length <= MOST_INPUTS;
    const home = joins ? root : i;
    roots.set(i, home);
    steps.set(home, (steps.get(home) ?? 0) + 1);
    inputs.set(home, (inputs.get(home) ?? 0) + node.in.length);
  }
  return roots;
}

/** A scalar constant's number. */
function scalarOf(values: Values, id: ValueId): number | undefined {
  const from = values.get(id)?.from;
  if (from === undefined || !("constant" in from) || from.constant.data.length !== 1) return undefined;
  return Number(from.constant.data[0]);
}

/** Steps of a chain, and the values that it reads. */
function chain(values: Values, nodes: readonly GraphNode[]): { inputs: ValueId[]; steps: Step[] } {
  const made = new Set(nodes.map((node) => node.out[0]!));
  const squared = (node: GraphNode): boolean => node.op === "power" && scalarOf(values, node.in[1]!) === 2;
  const operands = (node: GraphNode): readonly ValueId[] => (squared(node) ? node.in.slice(0, 1) : node.in);
  const inputs = [...new Set(nodes.flatMap(operands))].filter((id) => !made.has(id));
  const registers = new Map(inputs.map((id, i) => [id, i]));
  const steps = nodes.map((node, i): Step => {
    registers.set(node.out[0]!, inputs.length + i);
    return {
      op: squared(node) ? "square" : node.op,
      args: operands(node).map((id) => registers.get(id)!),
      dtype: values.get(node.out[0]!)!.dtype,
    };
  });
  return { inputs, steps };
}

/** The nodes of a resolved, lowered graph in an order that can be run, chains joined where they end. */
export function fuse(graph: Graph): PlanNode[] {
  const roots = rootsOf(graph);
  const members = new Map<number, GraphNode[]>();
  const planned: PlanNode[] = [];
  graph.nodes.forEach((node, i) => {
    const root = roots.get(i);
    if (root === undefined) {
      const { op, attrs, call, out, in: inputs, body } = node.op === "scan" ? node : closed(node);
      planned.push({ op, in: inputs, out, attrs, body, steps: [], call });
      return;
    }
    const list = members.get(root);
    if (list === undefined) members.set(root, [node]);
    else list.push(node);
    if (root !== i) return;
    const { inputs, steps } = chain(graph.values, members.get(i)!);
    planned.push({ op: "elementwise", in: inputs, out: node.out, attrs: {}, body: undefined, steps, call: node.call });
  });
  return planned;
}
