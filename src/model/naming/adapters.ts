/**
 * Low-rank adapters (`enable_lora`) in flat files: Keras 3 has them there beside the frozen array, where `.keras` has the
 * sum. Trainable arrays of all that is in a group come first, so those of one layer lie apart: they are known by their
 * paths. Source: keras/src/layers/core/dense.py (`enable_lora`, `kernel`), embedding.py.
 */
import { JsonNumber } from "../../codecs/json.ts";
import type { Problem } from "../../core/error.ts";
import type { Archive, StoredWeight } from "../../formats/archive.ts";
import { type LayerNode, quantizationOf } from "../../layers/define.ts";
import type { BoundWeight } from "../weight.ts";

const rankOf = ({ options }: LayerNode): number => {
  const rank = options.get("lora_rank");
  return rank instanceof JsonNumber ? rank.value : 0;
};

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
  const [rank, alpha] = [rankOf(node), node.options.get("lora_alpha")];
  const scale = (alpha instanceof JsonNumber ? alpha.value : rank) / rank;
  const sum = node.weights.get(main!) as BoundWeight;
  sum.bindTo(parts as StoredWeight[], { from: [0, 1, 2], steps: [{ op: "adapt", scale }] });
  for (const [name, weight] of others) (weight as BoundWeight).bindTo([own.get(name)!], null);
  return true;
}

/** What is left for the layers that have no adapters. */
export interface Unadapted {
  readonly arrays: readonly StoredWeight[];
  readonly nodes: readonly LayerNode[];
}

/** Gives the layers with adapters their arrays. */
export function bindAdapted(
  arrays: readonly StoredWeight[],
  nodes: readonly LayerNode[],
  { file }: Archive,
  problems: Problem[],
): Unadapted {
  const prefixes = [
    ...new Set(arrays.map(({ key }) => ADAPTER.exec(key)?.[1]).filter((prefix) => prefix !== undefined)),
  ];
  const adapted = [...new Set(nodes.filter((node) => node.weights.size > 0 && rankOf(node) > 0))];
  const ordered = [...adapted.filter(({ trainable }) => trainable), ...adapted.filter(({ trainable }) => !trainable)];
  if (prefixes.length === 0 || prefixes.length !== ordered.length) return { arrays, nodes };
  const taken = new Set<StoredWeight>();
  const bound = new Set<LayerNode>();
  for (const [i, node] of ordered.entries()) {
    const own = ownArrays(arrays, prefixes[i]!);
    const isQuantised = quantizationOf(node.config) !== null;
    if (isQuantised)
      problems.push({
        code: "unsupported/dtype-policy",
        file,
        path: node.path,
        message: "adapters (enable_lora) beside a quantised array, which they are not part of in this format",
        found: node.class,
      });
    if (!isQuantised && !bindSum(node, own)) continue;
    bound.add(node);
    for (const array of own.values()) taken.add(array);
  }
  return { arrays: arrays.filter((array) => !taken.has(array)), nodes: nodes.filter((node) => !bound.has(node)) };
}
