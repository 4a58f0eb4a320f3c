/** Paths of layers, as the library has them: names down to the layer, joined by `/`. */
import type { InspectedLayer } from "../types.ts";

export const pathOf = (around: string, name: string): string => (around === "" ? name : `${around}/${name}`);

export function layerAt(layers: readonly InspectedLayer[], path: string, around = ""): InspectedLayer | null {
  for (const layer of layers) {
    const own = pathOf(around, layer.name);
    if (own === path) return layer;
    const inner = path.startsWith(`${own}/`) ? layerAt(layer.layers, path, own) : null;
    if (inner !== null) return inner;
  }
  return null;
}
