/** Which weights are trained, and what their layers ask of them. */
import type { JsonNode } from "../codecs/json.ts";
import type { LayerNode, Weight } from "../layers/define.ts";
import { allNodes, weightsInOrder } from "../model/walk.ts";

/** A weight and what the options of its layer say of it. */
export interface Owned {
  readonly weight: Weight;
  /** Neither declared as fixed nor frozen. */
  readonly trained: boolean;
  readonly regularizer: JsonNode | undefined;
  readonly constraint: JsonNode | undefined;
}

/** An option of a weight: `kernel_regularizer`, and `recurrent_regularizer` of `recurrent_kernel`. */
function optionOf({ options }: LayerNode, name: string, suffix: string): JsonNode | undefined {
  return options.get(`${name}_${suffix}`) ?? options.get(`${name.replace(/_kernel$/, "")}_${suffix}`);
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
