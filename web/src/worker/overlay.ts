/** What the graph can tell of each layer: how many parameters, what it runs as, which of its units are dead. */
import type { InspectedLayer, Overlay, OverlayName } from "../types.ts";
import { pathOf } from "./layout.ts";
import { numbersOf } from "./numbers.ts";
import { current } from "./state.ts";

type Told = Overlay extends ReadonlyMap<string, infer T> ? T : never;
type Entry = readonly [path: string, told: Told];

function parameters(layers: readonly InspectedLayer[], total: number, around = ""): Entry[] {
  return layers.flatMap((layer): Entry[] => {
    const path = pathOf(around, layer.name);
    const share = Math.sqrt(layer.parameters / Math.max(1, total));
    const told = { text: layer.parameters.toLocaleString("en-US"), share, isBad: false };
    return [[path, told], ...parameters(layer.layers, total, path)];
  });
}

/** Of what has no vector instructions, it is said. */
async function kernels(): Promise<Entry[]> {
  const { layers } = await current().model.kernels();
  return layers.map(({ layer, kernels: found }): Entry => {
    const isScalar = found.some(({ way }) => way === "scalar");
    const names = found
      .filter(({ way }) => way !== "copy")
      .map(({ name, way }) => (way === "scalar" ? `${name} (scalar)` : name));
    return [
      layer,
      { text: [...new Set(names)].join(", ") || "moves values", share: isScalar ? 1 : 0, isBad: isScalar },
    ];
  });
}

/** Units that were 0 in all of the last run, and numbers that are none. */
function dead(): Entry[] {
  return Object.entries(current().layers).flatMap(([path, [output]]): Entry[] => {
    if (output === undefined || output.dtype === "string") return [];
    const [values, units] = [numbersOf(output), output.shape.at(-1) ?? 1];
    const alive = new Set<number>();
    let lost = 0;
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i]!)) lost++;
      if (values[i] !== 0) alive.add(i % units);
    }
    const count = units - alive.size;
    const text = lost > 0 ? `${lost} NaN or infinite` : `${count} of ${units} dead`;
    return [[path, { text, share: lost > 0 ? 1 : count / units, isBad: lost > 0 || count > 0 }]];
  });
}

export async function overlay(name: OverlayName): Promise<readonly Entry[]> {
  const { found } = current();
  if (name === "parameters") return parameters(found.layers, found.parameters);
  return name === "kernels" ? kernels() : dead();
}
