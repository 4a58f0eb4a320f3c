/** Names that a generation takes: layers' names hold no `/` in Keras 3, and are those of TensorFlow's scopes in Keras 2. */
import type { Language } from "../formats/languages.ts";
import type { LayerNode } from "../layers/define.ts";
import { allNodes, childrenOf } from "./walk.ts";

/** Names that Keras 3 gives to operations that masks go through while it reads a model: a layer of that name stops it. */
const OF_MASKS = /^(any|broadcast_to|concatenate|expand_dims|logical_or|not_equal|ones_like)(_\d+)?$/;

/** Whether a layer makes a mask of its own of its input. */
export const makesMasks = ({ def, config }: LayerNode): boolean =>
  def?.kind === "layer" && (def.writing?.maskSteps?.(config as never) ?? null) !== null;

/** The layers below `root` that need another name, with it. Names stay apart among the layers of a model. */
export function newNames(root: LayerNode, { layerName, hasOperations }: Language): ReadonlyMap<LayerNode, string> {
  const names = new Map<LayerNode, string>();
  const hasMasks = hasOperations && [...allNodes(root)].some(makesMasks);
  const plain = (node: LayerNode): string => {
    const name = layerName(node.name);
    return hasMasks && node !== root && OF_MASKS.test(name) ? `${name}_layer` : name;
  };
  if (plain(root) !== root.name) names.set(root, plain(root));
  for (const parent of allNodes(root)) {
    const children = childrenOf(parent);
    const taken = new Set(children.map(({ name }) => name));
    for (const child of children) {
      if (plain(child) === child.name || names.has(child)) continue;
      names.set(child, freshName(plain(child), taken));
    }
  }
  return names;
}

/** What a translation changed, in words; empty where nothing was. */
export function renamed(names: ReadonlyMap<LayerNode, string>, { title }: Language): readonly string[] {
  const [first] = names;
  if (first === undefined) return [];
  const others = names.size === 1 ? "" : `, and ${names.size - 1} more`;
  return [`names of layers that ${title} does not take: ${first[0].name} to ${first[1]}${others}`];
}

/** The name, or with a number that makes it another than those taken, to which it is added. */
export function freshName(name: string, taken: Set<string>): string {
  let fresh = name;
  for (let i = 1; taken.has(fresh); i++) fresh = `${name}_${i}`;
  taken.add(fresh);
  return fresh;
}
