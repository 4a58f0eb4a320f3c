/**
 * Masks that Keras 3 writes among a functional model's calls: it makes nodes of the operations that compute them. Older Keras
 * has no operations and takes the masks that the tensors carry. Source: keras/src/layers/layer.py (`__call__`, `_keras_mask`).
 */
import { argsOf } from "../layers/call-args.ts";
import type { Call, CallArg, LayerNode, ReferenceTypes } from "../layers/define.ts";
import { refsOf } from "../layers/models/shared/call-order.ts";
import type { JsonNode } from "../codecs/json.ts";
import { operandMask, withNoMask } from "./given-masks.ts";
import { childrenOf } from "./walk.ts";

/** A model's layers and their calls. */
export interface Calls {
  readonly layers: readonly LayerNode[];
  of(layer: LayerNode): readonly Call[];
}

/** Names in `[layer, call, tensor]`, whatever they are nested in. */
function placesIn(node: JsonNode): readonly string[] {
  if (node instanceof Map) return [...node.values()].flatMap(placesIn);
  if (!Array.isArray(node)) return [];
  return typeof node[0] === "string" ? [node[0]] : node.flatMap(placesIn);
}

/** The layers that a model's outputs and its other layers need, with these calls: those that are `aside` go where nothing `reads` them. */
export function needed(
  model: LayerNode,
  calls: ReadonlyMap<LayerNode, readonly Call[]>,
  aside: (layer: LayerNode) => boolean,
  reads: (call: Call) => readonly CallArg[] = argsOf,
): Calls {
  const layers = childrenOf(model);
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const kept = new Set(layers.filter((layer) => !aside(layer)));
  const open = [...kept, ...placesIn(model.options.get("output_layers") ?? null).flatMap((name) => byName.get(name) ?? [])]; // prettier-ignore
  for (let layer = open.pop(); layer !== undefined; layer = open.pop()) {
    kept.add(layer);
    for (const ref of refsOf(calls.get(layer)!.flatMap(reads))) {
      const read = byName.get(ref.layer);
      if (read !== undefined && !kept.has(read)) open.push(read);
    }
  }
  return { layers: layers.filter((layer) => kept.has(layer)), of: (layer) => calls.get(layer)! };
}

/**
 * Without masks that come from operations, and without operations that nothing else needs. Whether the masks that are
 * carried say the same is for the caller to see.
 */
export function withoutMasks(model: LayerNode, types: ReferenceTypes): Calls {
  const layers = childrenOf(model);
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const isOperation = (name: string): boolean => byName.get(name)?.def?.kind === "operation";
  const places = (layer: LayerNode): readonly string[] => (layer.def?.kind === "layer" ? (layer.def.args ?? []) : []);
  const calls = new Map(
    layers.map((layer) => {
      const isMask = (key: string): boolean =>
        key === "mask" || (key.endsWith("_mask") && places(layer).includes(key.slice(0, -"_mask".length)));
      const stored = model.innerCalls.get(layer.name) ?? [];
      const kept = stored.map((call): Call => {
        const masked = withNoMask(model, layer, call, types);
        if (isOperation(layer.name)) return masked;
        const { args, kwargs } = masked;
        const stays = ([key, value]: Call["kwargs"][number]): boolean =>
          !isMask(key) ||
          operandMask(layer, call) !== undefined ||
          !refsOf([value]).some((ref) => isOperation(ref.layer));
        return { args, kwargs: kwargs.filter(stays) };
      });
      return [layer, kept] as const;
    }),
  );
  return needed(model, calls, ({ def }) => def?.kind === "operation");
}
