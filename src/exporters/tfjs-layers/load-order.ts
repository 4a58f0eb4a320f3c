/**
 * The layers and calls that TensorFlow.js will have, and the numbers that it will count its calls by: it has none beside those
 * that lead to an output, and makes them in rounds, each as soon as what it reads is there, whatever the file's order.
 * Source: tfjs-layers/src/engine/container.ts (`fromConfig`).
 */
import type { TfjsValue, WrittenLayer } from "./writer.ts";

type Place = TfjsValue["place"];

const key = ([layer, call]: Place): string => `${call}/${layer}`;

/** Calls that an output needs. */
function needed(layers: readonly WrittenLayer[], outputs: readonly TfjsValue[]): ReadonlySet<string> {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const reached = new Set<string>();
  const open = outputs.map(({ place }) => place);
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (reached.has(key(place))) continue;
    reached.add(key(place));
    open.push(...(byName.get(place[0])!.calls[place[1]] ?? []));
  }
  return reached;
}

/** The layers that are needed, with their calls in that order, and the outputs' places. Inputs stay, needed or not. */
export function inLoadOrder(
  layers: readonly WrittenLayer[],
  outputs: readonly TfjsValue[],
): { readonly layers: readonly WrittenLayer[]; readonly outputs: readonly Place[] } {
  const reached = needed(layers, outputs);
  const numbers = new Map<string, number>();
  const orders = new Map<WrittenLayer, number[]>();
  const done = (layer: WrittenLayer, call: number): void => {
    const order = orders.get(layer) ?? [];
    orders.set(layer, order);
    numbers.set(key([layer.name, call, 0]), order.length);
    order.push(call);
  };
  let waiting = layers.map((layer) => ({
    layer,
    calls: [...layer.calls.keys()].filter((call) => reached.has(key([layer.name, call, 0]))),
  }));
  for (const { layer } of waiting) if (layer.className === "InputLayer") done(layer, 0);
  while (waiting.length > 0) {
    for (const one of waiting)
      one.calls = one.calls.filter((call) => {
        const isReady = one.layer.calls[call]!.every((place) => numbers.has(key(place)));
        if (isReady) done(one.layer, call);
        return !isReady;
      });
    waiting = waiting.filter(({ calls }) => calls.length > 0);
  }
  const placed = (place: Place): Place => [place[0], numbers.get(key(place))!, place[2]];
  const kept = layers
    .filter((layer) => orders.has(layer))
    .map((layer) => ({
      ...layer,
      calls: orders
        .get(layer)!
        .flatMap((call) => (layer.calls[call] === undefined ? [] : [layer.calls[call].map(placed)])),
    }));
  return { layers: kept, outputs: outputs.map(({ place }) => placed(place)) };
}

/**
 * Layers in the order in which TensorFlow.js then lists a model's weights: those farther from the outputs first; as far, in the
 * order in which it meets them on its way from the outputs. Source: tfjs-layers/src/engine/container.ts (constructor).
 */
export function inTrainingOrder(layers: readonly WrittenLayer[], outputs: readonly Place[]): readonly WrittenLayer[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const met = new Map<WrittenLayer, number>();
  const finished = new Set<string>();
  const calls: Place[] = [];
  const readsOf = ([name, call]: Place): readonly Place[] => byName.get(name)!.calls[call] ?? [];
  const open: { readonly place: Place; next: number }[] = [];
  const enter = (place: Place): void => {
    const layer = byName.get(place[0])!;
    if (finished.has(key(place))) return;
    if (!met.has(layer)) met.set(layer, met.size);
    open.push({ place, next: 0 });
  };
  for (const output of outputs) {
    enter(output);
    for (let at = open.at(-1); at !== undefined; at = open.at(-1)) {
      const read = readsOf(at.place)[at.next++];
      if (read !== undefined) enter(read);
      else {
        open.pop();
        if (!finished.has(key(at.place))) calls.push(at.place);
        finished.add(key(at.place));
      }
    }
  }
  const [ofCalls, ofLayers] = [new Map<string, number>(), new Map<WrittenLayer, number>()];
  for (const place of calls.reverse()) {
    const layer = byName.get(place[0])!;
    const depth = Math.max(ofCalls.get(key(place)) ?? 0, ofLayers.get(layer) ?? 0);
    ofLayers.set(layer, depth);
    for (const read of readsOf(place)) ofCalls.set(key(read), Math.max(depth + 1, ofCalls.get(key(read)) ?? 0));
  }
  return [...met.keys()].sort((a, b) => ofLayers.get(b)! - ofLayers.get(a)! || met.get(a)! - met.get(b)!);
}
