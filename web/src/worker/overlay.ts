/** What the graph can tell of each layer beside its class. */
import type { InspectedLayer, Overlay, OverlayName } from "../types.ts";
import { short, time as duration } from "../text.ts";
import { pathOf } from "../parts/paths.ts";
import { numbersOf } from "./numbers.ts";
import { current } from "./state.ts";
import { lastReport } from "./verify.ts";

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

/** What each layer runs as, and its share of the time; of what has no vector instructions, it is said. */
async function kernels(): Promise<Entry[]> {
  const { layers } = await current().model.kernels(undefined, { timed: true });
  const times = new Map<string, number>();
  for (const { layer, time = 0 } of layers) times.set(layer, (times.get(layer) ?? 0) + time);
  const most = Math.max(...times.values(), Number.MIN_VALUE);
  return layers.map(({ layer, kernels: found }): Entry => {
    const names = found
      .filter(({ way }) => way !== "copy")
      .map(({ name, way }) => (way === "scalar" ? `${name} (scalar)` : name));
    const time = times.get(layer)!;
    const what = [...new Set(names)].join(", ") || "moves values";
    return [layer, { text: time === 0 ? what : `${duration(time)} ${what}`, share: time / most, isBad: false }];
  });
}

/** Where masks go: from layer to layer, until one takes them and gives none. */
function masks(layers: readonly InspectedLayer[], around = ""): Entry[] {
  const masked = new Set(layers.filter((layer) => layer.masked).map(({ name }) => name));
  return layers.flatMap((layer): Entry[] => {
    const path = pathOf(around, layer.name);
    const takes = layer.inbound.flat().some((from) => masked.has(from.layer));
    const text = layer.masked ? (takes ? "mask goes on" : "mask begins") : takes ? "mask ends" : null;
    const told = text === null ? [] : [[path, { text, share: layer.masked ? 1 : 0.4, isBad: false }] as const];
    return [...told, ...masks(layer.layers, path)];
  });
}

/** The largest error of each layer in the last comparison; colour grows with its power of ten. */
function errors(): Entry[] {
  const { layers = [], rtol = 1 } = lastReport() ?? {};
  return layers.map(({ layer, ok, outputs }): Entry => {
    const worst = Math.max(0, ...outputs.map(({ maxRel }) => maxRel));
    const share = worst === 0 ? 0 : Math.min(1, Math.max(0.1, (Math.log10(worst / rtol) + 3) / 6));
    return [layer, { text: `off by ${short(worst)}`, share, isBad: !ok }];
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

export async function overlay(name: Exclude<OverlayName, "class">): Promise<readonly Entry[]> {
  const { found } = current();
  if (name === "parameters") return parameters(found.layers, found.parameters);
  if (name === "masks") return masks(found.layers);
  return name === "kernels" ? kernels() : name === "errors" ? errors() : dead();
}
