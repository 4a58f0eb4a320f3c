/**
 * The order in which Keras keeps a functional model's layers, whatever order a config lists them in: by depth, those
 * farthest from the outputs first, then as a walk back from the outputs meets them. Tree-shaped weights are named by it.
 * Source: keras/src/ops/function.py (`map_graph`), tf_keras/engine/functional.py (`_map_graph_network`).
 */
import type { JsonNode } from "../codecs/json.ts";
import type { LayerNode } from "../layers/define.ts";
import { CallNumbers, refsOf } from "../layers/models/shared/call-order.ts";
import { places } from "../layers/models/shared/places.ts";
import { allNodes } from "./walk.ts";

interface Visit {
  readonly key: string;
  readonly layer: string;
  readonly needs: readonly (readonly [layer: string, call: number])[];
}

/** The model's layers in Keras's order: inputs that no output needs before what gives outputs, and other such layers last, as listed. */
export function layersInOrder(model: LayerNode): readonly LayerNode[] {
  const listed = model.children.get("layers")!;
  const layers = new Map(listed.map((layer) => [layer.name, layer]));
  const outputs = places(model.options.get("output_layers"));
  const entered = new Set(places(model.options.get("input_layers")).map((place) => place.layer));
  const numbers = new CallNumbers(model, layers, outputs);
  const met = new Map<string, number>();
  const visits = new Map<string, Visit>();
  const done: Visit[] = [];
  const stack: { visit: Visit; next: number }[] = [];
  const enter = (layer: string, call: number): void => {
    const key = `${entered.has(layer) ? 0 : call}:${layer}`;
    if (visits.has(key) || !layers.has(layer)) return;
    if (!met.has(layer)) met.set(layer, met.size);
    const stored = entered.has(layer) ? undefined : model.innerCalls.get(layer)?.[call];
    const refs = stored === undefined ? [] : refsOf([...stored.args, ...stored.kwargs.map(([, value]) => value)]);
    const visit = { key, layer, needs: refs.map((ref) => [ref.layer, numbers.ofArgument(ref)] as const) };
    visits.set(key, visit);
    stack.push({ visit, next: 0 });
  };
  for (const output of outputs) {
    enter(output.layer, numbers.ofOutput(output));
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const need = top.visit.needs[top.next++];
      if (need !== undefined) enter(...need);
      else done.push(stack.pop()!.visit);
    }
  }
  const depths = new Map<string, number>();
  const layerDepths = new Map<string, number>();
  for (const visit of done.reverse()) {
    const depth = Math.max(depths.get(visit.key) ?? 0, layerDepths.get(visit.layer) ?? 0);
    layerDepths.set(visit.layer, depth);
    for (const [layer, call] of visit.needs) {
      const key = `${entered.has(layer) ? 0 : call}:${layer}`;
      depths.set(key, Math.max(depths.get(key) ?? 0, depth + 1));
    }
  }
  const rank = ({ name }: LayerNode): number => layerDepths.get(name) ?? (entered.has(name) ? 0 : -1);
  const index = ({ name }: LayerNode): number => met.get(name) ?? (entered.has(name) ? -1 : 0);
  return [...listed].sort((a, b) => rank(b) - rank(a) || index(a) - index(b));
}

/** Lists the layers of every functional model of a config in that order, by which `.h5` tells whose weights are whose. */
export function listInOrder(root: LayerNode): void {
  for (const node of allNodes(root)) {
    const config = node.raw?.get("config");
    const listed = config instanceof Map ? config.get("layers") : undefined;
    if (!(config instanceof Map) || !Array.isArray(listed) || !node.options.has("input_layers")) continue;
    const ranks = new Map<JsonNode, number>(layersInOrder(node).map(({ name }, i) => [name, i]));
    const rank = (form: JsonNode): number =>
      (form instanceof Map ? ranks.get(form.get("name") ?? null) : undefined) ?? 0;
    config.set(
      "layers",
      [...listed].sort((a, b) => rank(a) - rank(b)),
    );
  }
}
