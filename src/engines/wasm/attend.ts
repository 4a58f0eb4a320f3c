/**
 * Attention in whatever graph: a product, perhaps a chain of element-wise operations (a scale, a mask), softmax, perhaps
 * another chain, and a second product. As one node nothing between the products is ever there as a whole.
 */
import { isNode, makesOf, readsOf } from "../../ops/slots.ts";
import type { Graph, NodeOf, Value, ValueId } from "../../ops/types.ts";
import { allReads, type PlanNode } from "./plan-node.ts";
import { isOneProduct } from "./rules/matmul.ts";

type Values = ReadonlyMap<ValueId, Value>;
type Product = PlanNode & NodeOf<"matmul">;

const shapeOf = (values: Values, id: ValueId): readonly number[] => values.get(id)!.shape as readonly number[];
const isProduct = (node: PlanNode): node is Product => isNode(node, "matmul");

/** Whether a node leaves everything where it is, shape included. */
function changesNothing(node: PlanNode, values: Values): boolean {
  if (!["reshape", "transpose", "expandDims", "squeeze"].includes(node.op)) return false;
  const [from] = readsOf(node) as [ValueId];
  const [to] = makesOf(node) as [ValueId];
  if (shapeOf(values, from).join() !== shapeOf(values, to).join()) return false;
  return !isNode(node, "transpose") || node.attrs.perm.every((axis, i) => axis === i);
}

/** The parts that are found around a softmax. */
interface Parts {
  readonly first: Product;
  readonly second: Product;
  readonly before: PlanNode | undefined;
  readonly after: PlanNode | undefined;
  readonly all: readonly PlanNode[];
}

/** Nodes in an order that can be run, those that make up an attention as one, in the place of the last of them. */
export function withAttention({ values, outputs, states }: Graph, planned: readonly PlanNode[]): readonly PlanNode[] {
  if (!planned.some((node) => node.op === "softmax")) return planned;
  const makers = new Map(planned.flatMap((node) => makesOf(node).map((id) => [id, node] as const)));
  const users = new Map<ValueId, PlanNode[]>();
  for (const node of planned) for (const id of allReads(node)) users.set(id, [...(users.get(id) ?? []), node]);
  const kept = new Set<ValueId>([...outputs, ...states.map((state) => state.write)]);
  const only = (id: ValueId): PlanNode | undefined => {
    const all = users.get(id) ?? [];
    return all.length === 1 && !kept.has(id) ? all[0] : undefined;
  };
  const shape = (id: ValueId): string => shapeOf(values, id).join();
  const out = (node: PlanNode): ValueId => makesOf(node)[0]!;

  /** Up from a value that one node reads, past what changes nothing. */
  const above = (id: ValueId, passed: PlanNode[]): PlanNode | undefined => {
    const maker = makers.get(id);
    if (maker === undefined || only(id) === undefined) return undefined;
    passed.push(maker);
    return changesNothing(maker, values) ? above(readsOf(maker)[0]!, passed) : maker;
  };
  const below = (id: ValueId, passed: PlanNode[]): { node: PlanNode; id: ValueId } | undefined => {
    const node = only(id);
    if (node === undefined) return undefined;
    passed.push(node);
    return changesNothing(node, values) ? below(out(node), passed) : { node, id };
  };
  /** The operand of a chain of this shape that is a product's output, or nothing. */
  const scoresOf = (chain: PlanNode): { first: Product; passed: PlanNode[] } | undefined => {
    for (const id of readsOf(chain)) {
      const passed: PlanNode[] = [];
      const maker = shape(id) === shape(out(chain)) ? above(id, passed) : undefined;
      if (maker !== undefined && isProduct(maker)) return { first: maker, passed };
    }
    return undefined;
  };
  const isFree = ({ in: { a, b }, attrs, epilogue }: Product): boolean =>
    epilogue === undefined && !isOneProduct(shapeOf(values, a), shapeOf(values, b), attrs);

  const found = (softmax: PlanNode): Parts | undefined => {
    const all: PlanNode[] = [softmax];
    const top = above(readsOf(softmax)[0]!, all);
    if (top === undefined) return undefined;
    const scores = isProduct(top) ? { first: top, passed: [] } : top.op === "elementwise" ? scoresOf(top) : undefined;
    if (scores === undefined) return undefined;
    all.push(...scores.passed);
    const next = below(out(softmax), all);
    if (next === undefined) return undefined;
    const after = next.node.op === "elementwise" && shape(out(next.node)) === shape(next.id) ? next.node : undefined;
    const last = after === undefined ? next : below(out(after), all);
    if (last === undefined || !isProduct(last.node)) return undefined;
    const { first } = scores;
    const second = last.node;
    const lead = shapeOf(values, out(first)).slice(0, -2).join();
    const fits =
      second.in.a === last.id &&
      second.in.b !== last.id &&
      !second.attrs.transposeA &&
      isFree(first) &&
      isFree(second) &&
      [first.in.a, first.in.b, second.in.b, out(second)].every((id) => values.get(id)!.dtype === "float32") &&
      shapeOf(values, first.in.a).at(first.attrs.transposeA ? -2 : -1)! > 0 &&
      shapeOf(values, out(second)).slice(0, -2).join() === lead &&
      shapeOf(values, out(second)).every((n) => n > 0);
    const before = top === first ? undefined : top;
    return fits ? { first, second, before, after, all } : undefined;
  };

  /** A chain without the operand that one of `passed` makes. */
  const chainOf = (chain: PlanNode | undefined, passed: ReadonlySet<PlanNode>) => {
    if (chain === undefined) return { chain: null, reads: [] };
    const reads = readsOf(chain);
    const at = reads.findIndex((id) => passed.has(makers.get(id)!));
    return { chain: { steps: chain.steps, at }, reads: reads.filter((_, i) => i !== at) };
  };
  const gone = new Set<PlanNode>();
  const whole = new Map<PlanNode, PlanNode>();
  for (const softmax of planned) {
    const parts = softmax.op === "softmax" ? found(softmax) : undefined;
    if (parts === undefined) continue;
    const { first, second, all } = parts;
    const passed = new Set(all);
    const before = chainOf(parts.before, passed);
    const after = chainOf(parts.after, passed);
    for (const node of all) gone.add(node);
    whole.set(second, {
      op: "attention",
      in: { a: first.in.a, b: first.in.b, v: second.in.b, before: before.reads, after: after.reads },
      out: second.out,
      attrs: {},
      steps: [],
      call: second.call,
      attention: {
        shape: shapeOf(values, out(first)),
        product: first.attrs,
        before: before.chain,
        after: after.chain,
        combine: second.attrs,
      },
    });
  }
  return planned.flatMap((node) => whole.get(node) ?? (gone.has(node) ? [] : [node]));
}
