/** Which weights are trained, and what their layers ask of them. */
import type { JsonNode } from "../codecs/json.ts";
import type { LayerNode, Weight } from "../layers/define.ts";
import { allNodes, weightsInOrder } from "../model/walk.ts";
import type { Variable } from "./types.ts";

/** A weight and what the options of its layer say of it. */
export interface Owned {
  readonly weight: Weight;
  /** Neither declared as fixed nor frozen. */
  readonly trained: boolean;
  readonly regularizer: JsonNode | undefined;
  readonly constraint: JsonNode | undefined;
}

/** An option of a weight: `kernel_regularizer`, `recurrent_regularizer` of `recurrent_kernel`, `depthwise_regularizer` of a depthwise `kernel`. */
function optionOf({ options }: LayerNode, path: string, suffix: string): JsonNode | undefined {
  const name = path.split("/").at(-1)!;
  const names = [name, name.replace(/_kernel$/, ""), ...(name === "kernel" ? ["depthwise"] : [])];
  return names.map((own) => options.get(`${own}_${suffix}`)).find((option) => option !== undefined);
}

/** A model's weights in Keras's order. */
export function ownedWeights(root: LayerNode): readonly Owned[] {
  const found = new Map<Weight, Owned>();
  for (const node of allNodes(root)) {
    for (const [name, weight] of node.weights) {
      if (found.has(weight)) continue;
      found.set(weight, {
        weight,
        trained: node.trainable && node.def?.weights?.[name]?.trainable !== false,
        regularizer: optionOf(node, name, "regularizer"),
        constraint: optionOf(node, name, "constraint"),
      });
    }
  }
  return weightsInOrder(root).flatMap((weight) => found.get(weight) ?? []);
}

/** A weight as an optimizer sees it. */
export const variableOf = ({ name, path, shape }: Weight): Variable => ({
  name: name.split("/").at(-1)!,
  path,
  shape: shape!,
});

/** The weights that an optimizer has variables for, in Keras's order. */
export const trainedWeights = (root: LayerNode): readonly Weight[] =>
  ownedWeights(root).flatMap(({ weight, trained }) => (trained ? weight : []));
