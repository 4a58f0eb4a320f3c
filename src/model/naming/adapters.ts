/**
 * Low-rank adapters (`enable_lora`) in flat files: Keras 3 has them there beside the frozen array, where `.keras` has the
 * sum. Trainable arrays of all that is in a group come first, so those of one layer lie apart: they are known by their
 * paths. Source: keras/src/layers/core/dense.py (`enable_lora`, `kernel`), embedding.py.
 */
import type { StoredWeight } from "../../formats/archive.ts";
import { type LayerNode, quantizationOf } from "../../layers/define.ts";
import { adapterOf } from "../../layers/quantized.ts";
import type { BoundWeight } from "../weight.ts";
import { withoutAbsent } from "./arrays.ts";

const ADAPTER = /^(.*\/)lora_\w+_a(:0)?$/;

/** The arrays of one layer by their names. */
const ownArrays = (arrays: readonly StoredWeight[], prefix: string): ReadonlyMap<string, StoredWeight> =>
  new Map(
    arrays
      .filter(({ key }) => key.startsWith(prefix) && !key.slice(prefix.length).includes("/"))
      .map((array) => [array.key.slice(prefix.length).replace(/:0$/, ""), array]),
  );

/** Whether a layer with adapters got its arrays; false where some are missing. */
function bindSum(node: LayerNode, own: ReadonlyMap<string, StoredWeight>): boolean {
  const main = [...node.weights.keys()].find((name) => name !== "bias");
  const parts = main === undefined ? [] : [main, `lora_${main}_a`, `lora_${main}_b`].map((name) => own.get(name));
  const others = [...node.weights].filter(([name]) => name !== main);
  if (parts.length === 0 || parts.includes(undefined) || others.some(([name]) => !own.has(name))) return false;
  const sum = node.weights.get(main!) as BoundWeight;
  sum.bindTo(parts as StoredWeight[], {
    from: [0, 1, 2],
    steps: [{ op: "adapt", scale: adapterOf(node.options)!.scale }],
  });
  for (const [name, weight] of others) (weight as BoundWeight).bindTo([own.get(name)!], null);
  return true;
}

/** The same of a quantised one, which computes with its adapters. */
function bindEach(node: LayerNode, own: ReadonlyMap<string, StoredWeight>): boolean {
  if ([...node.weights.keys()].some((name) => !own.has(name))) return false;
  for (const [name, weight] of node.weights) (weight as BoundWeight).bindTo([own.get(name)!], null);
  return true;
}

/** What is left for the layers that have no adapters. */
export interface Unadapted {
  readonly arrays: readonly StoredWeight[];
  readonly nodes: readonly LayerNode[];
}

/** Gives the layers with adapters their arrays. */
export function bindAdapted(arrays: readonly StoredWeight[], nodes: readonly LayerNode[]): Unadapted {
  const prefixes = [
    ...new Set(arrays.map(({ key }) => ADAPTER.exec(key)?.[1]).filter((prefix) => prefix !== undefined)),
  ];
  const adapted = [...new Set(nodes.filter((node) => node.weights.size > 0 && adapterOf(node.options) !== null))];
  const ordered = [...adapted.filter(({ trainable }) => trainable), ...adapted.filter(({ trainable }) => !trainable)];
  if (prefixes.length === 0) for (const node of nodes) withoutAbsent(node, () => false);
  if (prefixes.length === 0 || prefixes.length !== ordered.length) return { arrays, nodes };
  const taken = new Set<StoredWeight>();
  const bound = new Set<LayerNode>();
  for (const [i, node] of ordered.entries()) {
    const own = ownArrays(arrays, prefixes[i]!);
    if (!(quantizationOf(node.config) === null ? bindSum(node, own) : bindEach(node, own))) continue;
    bound.add(node);
    for (const array of own.values()) taken.add(array);
  }
  return { arrays: arrays.filter((array) => !taken.has(array)), nodes: nodes.filter((node) => !bound.has(node)) };
}
