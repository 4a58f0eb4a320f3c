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
