/** Freezing layers of a model that is there. */
import { isFloat } from "../core/dtype.ts";
import type { LayerNode } from "../layers/define.ts";
import { allNodes } from "./walk.ts";

/** Whether a layer, all inside it and their weights are trained, in their configs too; what never is stays so. */
export function setTrainable(layer: LayerNode, value: boolean): void {
  for (const node of allNodes(layer)) {
    node.trainable = value;
    const config = node.raw?.get("config");
    for (const options of [node.options, config])
      if (options instanceof Map && (options.has("trainable") || node.weights.size > 0))
        options.set("trainable", value);
    for (const [name, weight] of node.weights)
      weight.trainable = value && node.def?.weights?.[name]?.trainable !== false && isFloat(weight.dtype);
  }
}
