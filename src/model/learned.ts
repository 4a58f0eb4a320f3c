/** What tf-keras's layers have learned in weights goes into their configs, where every generation and format has it. */
import { JsonNumber } from "../codecs/json.ts";
import { valuesOf } from "../core/tensor.ts";
import type { LayerNode } from "../layers/define.ts";
import { allNodes, childrenOf, MODELS } from "./walk.ts";

/**
 * Whether the config of any layer of a model is another one now. What stands in its weight's place is told apart, for when it
 * is written; what is inside of a layer keeps its config and its weight.
 */
export async function settle(root: LayerNode): Promise<boolean> {
  const nodes = [...allNodes(root)];
  const inModels = new Set(nodes.filter((node) => MODELS.has(node.class)).flatMap(childrenOf));
  let isEdited = false;
  for (const node of nodes) {
    const { learned } = node.def?.writing ?? {};
    const weight = learned && node.weights.get(learned.weight);
    if (learned === undefined || weight === undefined || weight.source.length === 0) continue;
    const values = Array.from<unknown, number>(valuesOf(await weight.read()), Number);
    const found = learned.options(node.config as never, values, node.semantics);
    if (found === null) continue;
    const options = new Map(
      Object.entries(found).map(([key, numbers]) => [key, numbers?.map((n) => JsonNumber.of(n, "float")) ?? null]),
    );
    const stored = node.raw?.get("config");
    const isWritten = inModels.has(node) && stored instanceof Map;
    for (const [key, value] of options)
      if (isWritten || value !== null) (node.config as Record<string, unknown>)[key] = value;
    if (!isWritten) continue;
    if (learned.isReplaced === true) node.learned = options;
    else for (const [key, value] of options) for (const config of [node.options, stored]) config.set(key, value);
    isEdited ||= learned.isReplaced !== true;
  }
  return isEdited;
}
