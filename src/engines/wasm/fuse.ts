/**
 * Chains of element-wise operations of one shape become one node, or the end of the product or convolution before them:
 * what lies between them never reaches memory.
 */
import { type DType, isFloat, isInteger } from "../../core/dtype.ts";
import { closed } from "../../graph/bodies.ts";
import { BINARY, COMPARE, type ElementwiseName, UNARY, UNARY_BOOL } from "../../ops/signatures.ts";
import { isNode, makesOf, readsOf } from "../../ops/slots.ts";
import type { Graph, GraphNode, Value, ValueId } from "../../ops/types.ts";
import { isVector } from "./kernels/elementwise.ts";
import { isSingle } from "./kernels/storage.ts";
import type { Epilogue, ProgramStep, StepName } from "./kernels/types.ts";
import { takesEpilogue } from "./rules/epilogue.ts";
import type { PlanNode } from "./plan-node.ts";
import { loaded } from "./rules/later.ts";

const MOST_STEPS = 32;
const MOST_INPUTS = 12;

type Values = ReadonlyMap<ValueId, Value>;

const shapeKey = (values: Values, id: ValueId): string => values.get(id)!.shape!.join();

/** Small powers that are products: what they are called as steps of a chain. */
const POWERS: ReadonlyMap<number, StepName> = new Map<number, StepName>([[2, "square"], [3, "cube"]]); // prettier-ignore

/** An element-wise node. */
type ChainNode = GraphNode & { readonly op: ElementwiseName };

const CHAINED: ReadonlySet<string> = new Set([...UNARY, ...UNARY_BOOL, ...BINARY, ...COMPARE, "cast", "where"]);

const isChainNode = (node: GraphNode): node is ChainNode => CHAINED.has(node.op);
const outOf = (node: GraphNode): ValueId => makesOf(node)[0]!;

interface Step {
  readonly op: StepName;
  readonly operands: readonly ValueId[];
}

/** A maximum or minimum with a number, where the shorter form gives the same of zeros too. */
function boundedOf(values: Values, op: "maximum" | "minimum", operands: readonly ValueId[]): Step | undefined {
  const at = operands.findIndex((id) => scalarOf(values, id) !== undefined);
  if (at < 0) return undefined;
  const bound = Math.fround(scalarOf(values, operands[at]!)!);
  const x = operands[1 - at]!;
  if (op === "maximum" && Object.is(bound, 0)) return { op: "relu", operands: [x] };
  if (Number.isNaN(bound) || (op === "minimum" && Object.is(bound, -0))) return undefined;
  return { op: op === "maximum" ? "atLeast" : "atMost", operands: [x, operands[at]!] };
}

/** A node as a step: its operation and its operands. */
function stepOf(values: Values, node: ChainNode): Step {
  const { op } = node;
  const operands = readsOf(node);
  const dtype = (id: ValueId): DType => values.get(id)!.dtype;
  if (op === "cast" && isFloat(dtype(operands[0]!)) && isInteger(dtype(outOf(node))))
    return { op: "truncate", operands };
  if ((op === "maximum" || op === "minimum") && isSingle(dtype(operands[0]!))) {
    const bounded = boundedOf(values, op, operands);
    if (bounded !== undefined) return bounded;
  }
  const isPower = op === "power" && isFloat(dtype(operands[0]!));
  const power = isPower ? POWERS.get(scalarOf(values, operands[1]!) ?? NaN) : undefined;
  return power === undefined ? { op, operands } : { op: power, operands: operands.slice(0, 1) };
}

/** Whether a node by itself runs four elements at a time. */
function vectorNode(values: Values, node: ChainNode): boolean {
  const dtype = (id: ValueId) => values.get(id)!.dtype;
  const { op, operands } = stepOf(values, node);
  const args = operands.map((_, i) => i);
  return isVector(operands.map(dtype), [{ op, args, dtype: dtype(outOf(node)) }]);
}

/** For each element-wise node the index of the node with which its chain ends. */
function rootsOf(graph: Graph): Map<number, number> {
  const { nodes, values } = graph;
  const kept = new Set<ValueId>([...graph.outputs, ...graph.states.map((state) => state.write)]);
  const users = new Map<ValueId, number[]>();
  nodes.forEach((node, i) => {
    for (const id of readsOf(node)) {
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
    if (!isChainNode(node)) continue;
    const out = outOf(node);
    const reads = readsOf(node).length;
    const root = roots.get(users.get(out)?.[0] ?? -1);
    const joins =
      root !== undefined &&
      !kept.has(out) &&
      users.get(out)!.every((user) => roots.get(user) === root) &&
      shapeKey(values, out) === shapeKey(values, outOf(nodes[root]!)) &&
      vectorNode(values, node) === vectorNode(values, nodes[root] as ChainNode) &&
      steps.get(root)! < MOST_STEPS &&
      inputs.get(root)! + reads - 1 <= MOST_INPUTS;
    const home = joins ? root : i;
    roots.set(i, home);
    steps.set(home, (steps.get(home) ?? 0) + 1);
    // What joins a chain is no longer an input of it.
    inputs.set(home, joins ? inputs.get(root)! + reads - 1 : reads);
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
function chain(values: Values, nodes: readonly ChainNode[]): { inputs: ValueId[]; steps: ProgramStep[] } {
  const made = new Set(nodes.map(outOf));
  const inputs = [...new Set(nodes.flatMap((node) => stepOf(values, node).operands))].filter((id) => !made.has(id));
  const registers = new Map(inputs.map((id, i) => [id, i]));
  const steps = nodes.map((node, i): ProgramStep => {
    registers.set(outOf(node), inputs.length + i);
    const { op, operands } = stepOf(values, node);
    return {
      op,
      args: operands.map((id) => registers.get(id)!),
      dtype: values.get(outOf(node))!.dtype,
    };
  });
  return { inputs, steps };
}

/** The nodes of a resolved, lowered graph in an order that can be run, chains joined where they end. */
export function fuse(graph: Graph): readonly PlanNode[] {
  const roots = rootsOf(graph);
  const members = new Map<number, ChainNode[]>();
  const planned: PlanNode[] = [];
  graph.nodes.forEach((node, i) => {
    const root = roots.get(i);
    if (root === undefined || !isChainNode(node)) {
      planned.push({ ...(isNode(node, "rnn") ? closed(node) : node), steps: [] });
      return;
    }
    const list = members.get(root);
    if (list === undefined) members.set(root, [node]);
    else list.push(node);
    if (root !== i) return;
    const { inputs, steps } = chain(graph.values, members.get(i)!);
    planned.push({ op: "elementwise", in: { xs: inputs }, out: node.out, attrs: {}, steps, call: node.call });
  });
  const joined = withEpilogues(graph, planned);
  return joined.some(({ op }) => op === "softmax") ? loaded("attention").withAttention(graph, joined) : joined;
}

/** What an operand is to a chain at the end of a product: see `Epilogue`. */
function movesOf(values: Values, id: ValueId, out: readonly number[]): Epilogue["inputs"][number] | undefined {
  const { shape, dtype } = values.get(id)!;
  if (!isSingle(dtype)) return undefined;
  const lengths = shape as readonly number[];
  if (lengths.every((n) => n === 1)) return "once";
  if (lengths.join() === out.join()) return "each";
  const isColumn = lengths.at(-1) === out.at(-1) && lengths.slice(0, -1).every((n) => n === 1);
  return isColumn ? "column" : undefined;
}

/** `node`, and the chain that is the only one to read its output, as one; undefined where that cannot be. */
function joined(values: Values, node: PlanNode, chain: PlanNode): PlanNode | undefined {
  const [made] = makesOf(node) as [ValueId];
  const reads = readsOf(chain);
  const out = values.get(makesOf(chain)[0]!)!;
  const shape = out.shape as readonly number[];
  if (!isSingle(out.dtype) || values.get(made)!.shape!.join() !== shape.join()) return undefined;
  const dtypes = reads.map((id) => values.get(id)!.dtype);
  if (!isVector(dtypes, chain.steps) || !takesEpilogue(node, values)) return undefined;
  const others = reads.filter((id) => id !== made);
  const inputs = others.map((id) => movesOf(values, id, shape));
  if (inputs.some((moves) => moves === undefined)) return undefined;
  const renamed = (register: number): number => {
    if (register >= reads.length) return register;
    return reads[register] === made ? 0 : 1 + others.indexOf(reads[register]!);
  };
  const steps = chain.steps.map((step) => ({ ...step, args: step.args.map(renamed) }));
  const epilogue = { static: { inputs: inputs as Epilogue["inputs"], steps }, reads: others };
  return { ...node, out: chain.out, epilogue };
}

/** Chains join the node that makes one of their operands, if nothing else reads that; the node goes to their place. */
function withEpilogues({ values, outputs, states }: Graph, planned: readonly PlanNode[]): PlanNode[] {
  const makers = new Map(planned.flatMap((node) => makesOf(node).map((id) => [id, node] as const)));
  const uses = new Map<ValueId, number>();
  const reads = [...planned.flatMap(readsOf), ...outputs, ...states.map((state) => state.write)];
  for (const id of reads) uses.set(id, (uses.get(id) ?? 0) + 1);
  const gone = new Set<PlanNode>();
  const list = planned.map((node) => {
    if (node.op !== "elementwise") return node;
    for (const id of readsOf(node)) {
      const maker = makers.get(id);
      if (maker === undefined || gone.has(maker) || uses.get(id) !== 1) continue;
      const whole = joined(values, maker, node);
      if (whole === undefined) continue;
      gone.add(maker);
      return whole;
    }
    return node;
  });
  return list.filter((node) => !gone.has(node));
}
