/**
 * Layers that only add to what a model is trained by, of `model.add_loss(tensor)` and `model.add_metric(tensor)`, and those that
 * only they need: a generation without their classes gets the model that predicts.
 */
import { LANGUAGES } from "../formats/languages.ts";
import type { Dialect } from "../formats/archive.ts";
import type { LayerNode } from "../layers/define.ts";
import { type Calls, needed } from "./implied-masks.ts";
import { allNodes, childrenOf } from "./walk.ts";

const isUnknownThere = ({ def }: LayerNode, to: Dialect): boolean =>
  def?.calls?.onlyTrains !== undefined && LANGUAGES[to].without.includes(def.until!);

/** A functional model's layers and calls, those that only training needs left out where their classes are not known. */
export function withoutAdded(model: LayerNode, written: Calls, to: Dialect): Calls {
  const { layers, of } = written;
  if (!layers.some((layer) => isUnknownThere(layer, to))) return written;
  const calls = new Map(childrenOf(model).map((layer) => [layer, of(layer)] as const));
  return needed(model, calls, (layer) => layer.class !== "InputLayer");
}

/** What is left out, for `changed`. */
export function leftOut(root: LayerNode, to: Dialect): readonly string[] {
  return [...allNodes(root)].flatMap((model) => {
    const layers = childrenOf(model);
    const of = (layer: LayerNode) => model.innerCalls.get(layer.name) ?? [];
    const kept = new Set(withoutAdded(model, { layers, of }, to).layers);
    const names = layers.filter((layer) => !kept.has(layer)).map(({ name }) => name);
    return names.length === 0 ? [] : [`${names.join(", ")} left out: ${LANGUAGES[to].title} has no layers that add to the loss or the metrics`]; // prettier-ignore
  });
}
