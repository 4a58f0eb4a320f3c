/** Legacy files write operation nodes without their module: `Multiply` alone could be the layer. */
import type { JsonObject } from "../codecs/json.ts";
import type { LayerNode } from "../layers/define.ts";

/** The serialised form with a module for every operation below; the original where all have one. */
export function wholeOperations(node: LayerNode): JsonObject {
  const raw = node.raw!;
  const { def } = node;
  if (def?.kind === "operation" && !raw.has("module")) {
    return new Map([["module", def.module ?? null], ...raw, ["registered_name", def.class]]);
  }
  const layers = node.children.get("layers");
  const config = raw.get("config");
  if (layers === undefined || !(config instanceof Map)) return raw;
  const forms = layers.map(wholeOperations);
  if (forms.every((form, i) => form === layers[i]!.raw)) return raw;
  return new Map(raw).set("config", new Map(config).set("layers", forms));
}
