/** Going over the layers of a model. */
import { EDITIONS } from "../formats/languages.ts";
import { type InputSpec, type LayerNode, isInt8, type Weight } from "../layers/define.ts";

/** A layer's own children, in the order in which Keras tracks them. */
export function childrenOf(node: LayerNode): readonly LayerNode[] {
  return [...node.children.values()].flat();
}

/** Whether an attribute holds a list of layers, as a model's `layers` does, or one, as the `cell` of an RNN. */
export function isList({ def }: LayerNode, attribute: string): boolean {
  const child = def?.children?.[attribute];
  return def?.config[attribute]?.kind === "layers" || (child !== "option" && child?.spelled === "many");
}

/** What a model takes, as its own config says; nothing of what is no model. */
export function inputsOf(node: LayerNode): readonly InputSpec[] {
  return node.def?.kind === "layer" ? (node.def.inputs?.(node) ?? []) : [];
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
  return root.children.get("layers") ?? [root];
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

const isModel = ({ class: name }: LayerNode): boolean => MODELS.has(name);
/** Keras's own classes of models. */
export const MODELS: ReadonlySet<string> = new Set(["Sequential", "Functional", "Model"]);

/** A layer's own arrays that Keras lists: those that training moves, then those that it does not, frozen or not. */
function ownWeights({ def, config, weights }: LayerNode): { moved: Weight[]; fixed: Weight[] } {
  const declared = ([name]: readonly [string, Weight]) => def?.weights?.[name];
  const fixes = (one: readonly [string, Weight]): boolean => {
    const decl = declared(one);
    return decl?.trainable === false || isInt8(decl, config);
  };
  const all = [...weights].filter((one) => declared(one)?.unlisted !== true);
  return { moved: all.filter((w) => !fixes(w)).map(([, w]) => w), fixed: all.filter(fixes).map(([, w]) => w) };
}

/**
 * What is trainable among the weights of a layer and of what is below where Keras reads a flat file: a flag counts for the
 * weights of the layer that has it and of what it wraps; models get theirs only after their layers have been made. Keras 3
 * takes none of a functional model that says so itself; it makes a Sequential without.
 */
export function movedIn(layer: LayerNode): ReadonlySet<Weight> {
  const moved = new Set<Weight>();
  const visit = (node: LayerNode, isOn: boolean): void => {
    const on = isOn && (isModel(node) || node.options.get("trainable") !== false);
    if (on) for (const weight of ownWeights(node).moved) moved.add(weight);
    for (const child of childrenOf(node)) visit(child, on);
  };
  const isNew = EDITIONS[layer.semantics].weightOrder === "own-first";
  visit(layer, !isNew || layer.class === "Sequential" || layer.options.get("trainable") !== false);
  return moved;
}

/** `trainable_weights` and `non_trainable_weights` before Keras 3; a flag counts for the layer that has it. */
function byTrainable(node: LayerNode): { trainable: Weight[]; rest: Weight[] } {
  const { moved, fixed } = ownWeights(node);
  const children = childrenOf(node);
  const parts = children.map(byTrainable);
  const trainable = [...moved, ...parts.flatMap((part) => part.trainable)];
  const rest = parts.flatMap((part) => part.rest);
  if (node.options.get("trainable") !== false) return { trainable, rest: [...fixed, ...rest] };
  if (isModel(node)) return { trainable: [], rest: [...trainable, ...rest] };
  return { trainable: [], rest: [...moved, ...fixed, ...children.flatMap(weightsBefore3)] };
}

/** A layer's `weights` before Keras 3: the trainable ones first; tf-keras goes through a model layer by layer. */
function weightsBefore3(node: LayerNode): Weight[] {
  if (EDITIONS[node.semantics].weightOrder === "trainable-first-by-layer" && isModel(node))
    return childrenOf(node).flatMap(weightsBefore3);
  const { trainable, rest } = byTrainable(node);
  return [...trainable, ...rest];
}

/** Keras 3: a layer's own, then those of its children. */
function weights3(node: LayerNode): Weight[] {
  const { moved, fixed } = ownWeights(node);
  return [...moved, ...fixed, ...childrenOf(node).flatMap(weights3)];
}

/**
 * A model's weights, each once, in the order of `get_weights` in its generation of Keras; of a class that is not known in
 * that of its file. Sources: `weights` in
 * keras/src/layers/layer.py, tf_keras/src/engine/{training,base_layer}.py, keras 2.1 keras/engine/topology.py.
 */
export function weightsInOrder(root: LayerNode): readonly Weight[] {
  if (root.def === null && root.kept !== undefined) return root.kept;
  if (EDITIONS[root.semantics].weightOrder === "own-first") return [...new Set(weights3(root))];
  return [...new Set(topLayers(root).flatMap(weightsBefore3))];
}
