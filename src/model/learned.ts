/** What tf-keras's layers have learned in weights goes into their configs, where every generation and format has it. */
import { JsonNumber } from "../codecs/json.ts";
import { valuesOf } from "../core/tensor.ts";
import type { LayerNode } from "../layers/define.ts";

/** Whether any layer's config is another one now. */
export async function settle(nodes: Iterable<LayerNode>): Promise<boolean> {
  let isEdited = false;
  for (const node of nodes) {
    const { learned } = node.def?.writing ?? {};
    const weight = learned && node.weights.get(learned.weight);
    if (learned === undefined || weight === undefined || weight.source.length === 0) continue;
    const values = Array.from<unknown, number>(valuesOf(await weight.read()), Number);
    const options = learned.options(node.config as never, values, node.semantics);
    const stored = node.raw?.get("config");
    if (options === null || !(stored instanceof Map)) continue;
    for (const [key, numbers] of Object.entries(options)) {
      const value = numbers === null ? null : numbers.map((n) => JsonNumber.of(n, "float"));
      for (const config of [node.options, stored]) config.set(key, value);
      (node.config as Record<string, unknown>)[key] = value;
    }
    if (learned.isReplaced === true)
      node.weights = new Map([...node.weights].filter(([name]) => name !== learned.weight));
    isEdited = true;
  }
  return isEdited;
}
