/** Walks over the operands or outputs of a node, whichever operation it is of. */
import type { OpName, Slots } from "./signatures.ts";
import type { Graph, GraphNode, NodeOf, ValueId } from "./types.ts";

/** What may stand in a slot: no array, since a list of several is one. */
type Item = number | string | object;

const isList = <T>(slot: T | null | readonly T[]): slot is readonly T[] => Array.isArray(slot);

/** What is there, one after the other. */
export function flatSlots<T extends Item>(slots: Slots<T>): T[] {
  const all: T[] = [];
  for (const name in slots) {
    const slot = slots[name]!;
    if (isList(slot)) all.push(...slot);
    else if (slot !== null) all.push(slot);
  }
  return all;
}

/** The same places with something else in them. */
export function mapSlots<T extends Item, U>(slots: Slots<T>, f: (value: T) => U): Slots<U> {
  const mapped: Record<string, U | null | readonly U[]> = {};
  for (const name in slots) {
    const slot = slots[name]!;
    mapped[name] = slot === null ? null : isList(slot) ? slot.map(f) : f(slot);
  }
  return mapped;
}

/** Visits what stands at the same places of both. */
export function zipSlots<T extends Item, U>(a: Slots<T>, b: Slots<U>, f: (a: T, b: U) => void): void {
  for (const name in a) {
    const slot = a[name]!;
    if (isList(slot)) slot.forEach((value, i) => f(value, (b[name] as readonly U[])[i]!));
    else if (slot !== null) f(slot, b[name] as U);
  }
}

/** The values that a node reads, in order. */
export const readsOf = (node: Pick<GraphNode, "in">): ValueId[] => flatSlots(node.in);
/** The values that a node makes, in order. */
export const makesOf = (node: Pick<GraphNode, "out">): ValueId[] => flatSlots(node.out);

/** Whether a node is of an operation: its operands, outputs and attributes are known then. */
export function isNode<T extends { readonly op: string }, N extends OpName>(node: T, op: N): node is T & NodeOf<N> {
  return node.op === op;
}

/** Whether two graphs have outputs of the same ranks and dtypes. */
export function sameKinds(a: Graph, b: Graph): boolean {
  const kind = ({ values }: Graph, id: ValueId): string => `${values.get(id)!.dtype} ${values.get(id)!.shape?.length}`;
  return a.outputs.every((id, i) => kind(a, id) === kind(b, b.outputs[i]!));
}
