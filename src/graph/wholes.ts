/** Calls that are told by what they read alone: those that a generation says in other words. */
import { makesOf, readsOf } from "../ops/slots.ts";
import type { Graph, ValueId } from "../ops/types.ts";

/** Paths of calls, each with the name of what they are parts of, which one of them, of that name or not, gives. */
export type Wholes = ReadonlyMap<string, { readonly name: string; readonly isLast: boolean }>;
/** No such calls. */
export const NONE: Wholes = new Map();

/** By what such calls give: their name, what it is, and all that they read of other calls' values, constants aside. */
export function callsAsWholes(
  { calls, nodes, values }: Graph,
  wholes: Wholes,
): ReadonlyMap<ValueId, { readonly name: string; readonly reads: readonly ValueId[] }> {
  const names = calls.map(({ path, index }) => {
    const whole = wholes.get(path);
    return whole && `${whole.name}#${index}`;
  });
  const [made, read] = [new Map<string, ValueId[]>(), new Map<string, ValueId[]>()];
  for (const node of nodes) {
    const name = names[node.call];
    if (name === undefined) continue;
    made.set(name, [...(made.get(name) ?? []), ...makesOf(node)]);
    read.set(name, [...(read.get(name) ?? []), ...readsOf(node)]);
  }
  const isConstant = (id: ValueId): boolean => "constant" in (values.get(id)?.from ?? {});
  const found = new Map<ValueId, { readonly name: string; readonly reads: readonly ValueId[] }>();
  calls.forEach(({ path, outputs }, k) => {
    const name = names[k];
    if (name === undefined || wholes.get(path)?.isLast !== true) return;
    const own = new Set(made.get(name));
    const reads = (read.get(name) ?? []).filter((id) => !own.has(id) && !isConstant(id));
    outputs.forEach((id, i) => {
      // What nothing reads may be gone.
      if (!own.has(id)) return;
      const { shape, dtype } = values.get(id)!;
      found.set(id, { name: `${name} output ${i}, ${dtype} [${shape?.join()}]`, reads });
    });
  });
  return found;
}
