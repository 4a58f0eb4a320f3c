/** Opening a model, and what is seen of it before anything runs. */
import { equations, inspect, load, type LoadInput, writeArrays } from "../../../src/index.ts";
import type { Histogram, InspectedLayer, Layout, OnShare, Opening, OpenModel, WeightView } from "../types.ts";
import { pathOf } from "../parts/paths.ts";
import { layoutOf } from "./layout.ts";
import { gridsOf, histogramOf, numbersOf, statisticsOf } from "./numbers.ts";
import { reasonsOf } from "./reasons.ts";
import { current, replace } from "./state.ts";
import { forgetReport } from "./verify.ts";

const sizeOf = ({ input }: Opening): number | null =>
  typeof input === "string"
    ? null
    : input instanceof Blob
      ? input.size
      : [...input.values()].reduce((sum, { size }) => sum + size, 0);

const isStateful = (layers: readonly InspectedLayer[]): boolean =>
  layers.some(({ config, layers: inside }) => config["stateful"] === true || isStateful(inside));

export async function open(opening: Opening, onShare: OnShare): Promise<OpenModel> {
  const model = await load(opening.input as LoadInput, {
    onProgress: ({ share, loaded }) => onShare(share, loaded),
  });
  const found = await inspect(model);
  forgetReport();
  replace({ opening, model, found, layers: {}, inputs: new Map() });
  return {
    file: opening.name,
    bytes: sizeOf(opening),
    found,
    reasons: reasonsOf(found),
    isStateful: isStateful(found.layers),
  };
}

export function layout(unfolded: readonly string[]): Layout {
  const { found } = current();
  return layoutOf(found.layers, new Set(unfolded), new Set(found.outputs.map(({ layer, name }) => layer ?? name)));
}

function* allPaths(layers: readonly InspectedLayer[], around = ""): Generator<string> {
  for (const layer of layers) {
    const path = pathOf(around, layer.name);
    if (layer.parameters > 0) yield path;
    yield* allPaths(layer.layers, path);
  }
}

/** Of all weights of each layer, one layer after the other: the page shows each when it is there. */
export async function histograms(onLayer: (path: string, histogram: Histogram) => void): Promise<void> {
  const { model, found } = current();
  for (const path of allPaths(found.layers)) {
    if (current().model !== model) return;
    const read = await Promise.all(model.layer(path).weights.map((weight) => weight.read().catch(() => null)));
    const numbers = read.flatMap((tensor) => (tensor === null || tensor.dtype === "string" ? [] : [numbersOf(tensor)]));
    if (numbers.length > 0) onLayer(path, histogramOf(numbers));
  }
}

/** What a layer computes, in lines; none of a model, whose layers say it. */
export async function equation(path: string): Promise<readonly string[]> {
  const opened = current();
  opened.equations ??= equations(opened.model);
  return (await opened.equations).get(path) ?? [];
}

export async function weights(layerPath: string): Promise<readonly WeightView[]> {
  const layer = current().model.layer(layerPath);
  const views: WeightView[] = [];
  for (const weight of layer.weights) {
    const tensor = await weight.read().catch(() => null);
    if (tensor === null || tensor.dtype === "string") continue;
    const numbers = numbersOf(tensor);
    views.push({
      name: weight.name,
      path: weight.path,
      shape: tensor.shape,
      dtype: tensor.dtype,
      trainable: weight.trainable,
      statistics: statisticsOf(numbers),
      histogram: histogramOf([numbers], 48),
      grids: gridsOf(tensor, weight.path, layer.class),
    });
  }
  return views;
}

/** A weight as the bytes of an `.npy`, or as lines of numbers with commas between, the last axis across. */
export async function weightFile(
  layerPath: string,
  place: number,
  form: "npy" | "csv",
): Promise<Uint8Array<ArrayBuffer> | string> {
  const tensor = await current().model.layer(layerPath).weights[place]!.read();
  if (form === "npy") return (await writeArrays(tensor)) as Uint8Array<ArrayBuffer>;
  const [numbers, columns] = [Array.from(numbersOf(tensor)), tensor.shape.at(-1) ?? 1];
  const lines = Array.from({ length: Math.ceil(numbers.length / Math.max(1, columns)) }, (_, row) =>
    numbers.slice(row * columns, (row + 1) * columns).join(","),
  );
  return lines.join("\n");
}
