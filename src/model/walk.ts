/** Going over the layers of a model. */
import type { LayerNode, Weight } from "../layers/define.ts";

/** A layer's own children, in the order in which Keras tracks them. */
export function childrenOf(node: LayerNode): readonly LayerNode[] {
  return [...node.children.values()].flatMap((child) =>
    Array.isArray(child) ? (child as readonly LayerNode[]) : [child as LayerNode],
  );
}

/** A layer and everything below it, each once. */
export function* allNodes(root: LayerNode, seen = new Set<LayerNode>()): Generator<LayerNode> {
  if (seen.has(root)) return;
  seen.add(root);
  yield root;
  for (const child of childrenOf(root)) yield* allNodes(child, seen);
}

/** The layers of a model as Keras lists them: the root's own list, or the root alone. */
export function topLayers(root: LayerNode): readonly LayerNode[] {
  const layers = root.children.get("layers");
  return Array.isArray(layers) ? (layers as readonly LayerNode[]) : [root];
}

/**
 * The layers that have a group of their own in a flat file: those of the root; in place of a Merge that begins a
 * Sequential of Keras 1, the layers of the models that it holds.
 */
export function groupLayers(root: LayerNode): readonly LayerNode[] {
  const layers = topLayers(root);
  const [first, ...rest] = layers;
  if (first?.class !== "Merge" || childrenOf(first).length === 0) return layers;
  return [...new Set([...childrenOf(first).flatMap(groupLayers), ...rest])];
}

/** Weights in the order of Keras's `get_weights` and of flat files: the trainable ones of the subtree, then the rest. */
export function weightsInOrder(root: LayerNode): readonly Weight[] {
  const all = [...allNodes(root)].flatMap((node) => [...node.weights.values()]);
  return [...all.filter((w) => w.trainable), ...all.filter((w) => !w.trainable)];
}
