/** What tf-keras's layers have learned in weights goes into their configs, where every generation and format has it. */
import { JsonNumber } from "../codecs/json.ts";
import { valuesOf } from "../core/tensor.ts";
import type { LayerNode } from "../layers/define.ts";
import { allNodes, childrenOf, MODELS } from "./walk.ts";

/** Whether the config of any layer of a model is another one now; what is inside of a layer keeps its own, beside its weight. */
export async function settle(root: LayerNode): Promise<boolean> {
  const nodes = [...allNodes(root)];
  const inModels = new Set(nodes.filter((node) => MODELS.has(node.class)).flatMap(childrenOf));
  let isEdited = false;
  for (const node of nodes) {
    const { learned } = node.def?.writing ?? {};
    const weight = learned && node.weights.get(learned.weight);
    if (learned === undefined || weight === undefined || weight.source.length === 0) continue;
    const values = Array.from<unknown, number>(valuesOf(await weight.read()), Number);
    const options = learned.options(node.config as never, values, node.semantics);
    const stored = node.raw?.get("config");
    const isWritten = inModels.has(node) && stored instanceof Map;
    for (const [key, numbers] of Object.entries(options ?? {})) {
      const value = numbers === null ? null : numbers.map((n) => JsonNumber.of(n, "float"));
      if (isWritten) for (const config of [node.options, stored]) config.set(key, value);
      if (isWritten || value !== null) (node.config as Record<string, unknown>)[key] = value;
    }
    if (!isWritten || options === null) continue;
    if (learned.isReplaced === true)
      node.weights = new Map([...node.weights].filter(([name]) => name !== learned.weight));
    isEdited = true;
  }
  return isEdited;
}
