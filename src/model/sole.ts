/** Layers of which another goes in their place: a list of one, where the generation runs no such list. */
import type { CallArg, LayerNode } from "../layers/define.ts";
import type { Dialect } from "../formats/archive.ts";
import { LANGUAGES } from "../formats/languages.ts";

/** The layer that goes in its place; null where it goes itself. */
function soleOf(node: LayerNode, to: Dialect): LayerNode | null {
  const sole = node.def?.writing?.sole?.(LANGUAGES[to].options) ?? null;
  const inside = sole === null ? undefined : node.children.get(sole);
  return inside?.length === 1 ? inside[0]! : null;
}

/** The layer that an option gets: what a list of one holds, where the generation runs no such list. */
export function writtenAs(node: LayerNode, to: Dialect): LayerNode {
  const sole = soleOf(node, to);
  return sole === null ? node : writtenAs(sole, to);
}

/** States that a layer is called with: those of a list of one, which are one among them, are those of what it holds. */
export function statesAs(node: LayerNode, states: CallArg, to: Dialect): CallArg {
  if (states.kind !== "list") return states;
  const [first, ...others] = states.items;
  const sole = soleOf(node, to);
  if (sole !== null) return statesAs(sole, first?.kind === "list" && others.length === 0 ? first : states, to);
  const inside = [...node.children.values()].flat();
  if (inside.length === 1) return statesAs(inside[0]!, states, to);
  // Cells have one each, both directions half of them.
  const each = states.items.length / inside.length;
  if (!Number.isInteger(each)) return states;
  const items = inside.flatMap((child, i): readonly CallArg[] => {
    const own = states.items.slice(i * each, (i + 1) * each);
    if (node.def?.kind === "cell") return own.map((item) => statesAs(child, item, to));
    const written = statesAs(child, { kind: "list", items: own }, to);
    return written.kind === "list" ? written.items : [written];
  });
  return { kind: "list", items };
}
