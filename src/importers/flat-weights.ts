/** Reads weights named by layer and weight name (`lstm`, `lstm/lstm_cell/kernel:0`) out of an HDF5 group. */
import type { Hdf5Dataset, Hdf5Group } from "../codecs/hdf5.ts";
import { fail, failAll, type Problem } from "../core/error.ts";
import type { StoredWeight } from "../core/stored.ts";
import {
  LAYER_NAMES,
  listAttributes,
  OLD_LAYER_COUNT,
  OLD_WEIGHT_COUNT,
  OPTIMIZER_WEIGHTS,
  readList,
  TOP_LEVEL_WEIGHTS,
  WEIGHT_NAMES,
} from "../formats/flat.ts";
import { attributePath } from "../formats/h5-values.ts";
import { aside } from "./aside.ts";
import type { Claims } from "./claims.ts";
import { type FilePlace, storedWeight } from "./stored.ts";

/** The arrays of a flat file, and all its layers' names. */
export interface FlatWeights {
  readonly layerNames: readonly string[];
  readonly weights: readonly StoredWeight[];
}

/** All layers below `group`, in the order of its `layer_names`. Adds problems for what is missing or no weight. */
export function readFlat(group: Hdf5Group, claims: Claims, place: FilePlace, problems: Problem[]): FlatWeights {
  const old = !listAttributes(group, LAYER_NAMES).length;
  const layerNames = old ? numbered(group, OLD_LAYER_COUNT, "layer_") : namesIn(group, LAYER_NAMES, claims);
  if (old) claims.attribute(group.path, OLD_LAYER_COUNT, "used");
  const weights: StoredWeight[] = [];
  for (const layer of layerNames) {
    const owner = find(group, layer);
    if (owner?.kind !== "group") {
      problems.push(missing(place, group, layer, "a group for each name in layer_names"));
      continue;
    }
    weights.push(...readLayer(owner, layer, old, claims, place, problems));
  }
  const top = group.children.get(TOP_LEVEL_WEIGHTS);
  if (top?.kind === "group" && !layerNames.includes(TOP_LEVEL_WEIGHTS) && readList(top, WEIGHT_NAMES) !== null) {
    weights.push(...readLayer(top, TOP_LEVEL_WEIGHTS, false, claims, place, problems));
  }
  return { layerNames, weights };
}

/** The arrays of `/optimizer_weights`, in stored order; none, with warnings, where the group or a part of it is damaged. */
export async function readOptimizer(
  root: Hdf5Group,
  claims: Claims,
  place: FilePlace,
  warnings: Problem[],
): Promise<readonly StoredWeight[]> {
  const group = root.children.get(OPTIMIZER_WEIGHTS);
  if (group?.kind !== "group") return [];
  claims.tree(group.path, "optimizer");
  const read = (): StoredWeight[] => {
    const problems: Problem[] = [];
    const weights: StoredWeight[] = [];
    for (const name of readList(group, WEIGHT_NAMES) ?? []) {
      const dataset = find(group, name);
      if (dataset?.kind !== "dataset") {
        problems.push(missing(place, group, name, "a dataset for each name in weight_names"));
        continue;
      }
      const weight = storedWeight(dataset, { key: dataset.path, group: group.path, name }, place, problems);
      if (weight !== null) weights.push(weight);
    }
    failAll(problems);
    return weights;
  };
  return (await aside(warnings, read)) ?? [];
}

function readLayer(
  owner: Hdf5Group,
  layer: string,
  old: boolean,
  claims: Claims,
  place: FilePlace,
  problems: Problem[],
): StoredWeight[] {
  claims.object(owner.path, "used");
  const names = old ? numbered(owner, OLD_WEIGHT_COUNT, "param_") : namesIn(owner, WEIGHT_NAMES, claims);
  if (old) claims.attribute(owner.path, OLD_WEIGHT_COUNT, "used");
  const weights: StoredWeight[] = [];
  for (const name of names) {
    const dataset = find(owner, name);
    if (dataset?.kind !== "dataset") {
      problems.push(missing(place, owner, name, "a dataset for each name in weight_names"));
      continue;
    }
    const weight = storedWeight(dataset, { key: `${layer}/${name}`, group: layer, name }, place, problems);
    if (weight === null) continue;
    claims.object(dataset.path, "used");
    weights.push(weight);
  }
  return weights;
}

/** The names in a list attribute; without one (a layer that something else wrote) there are none. */
function namesIn(group: Hdf5Group, attribute: string, claims: Claims): string[] {
  const names = readList(group, attribute) ?? [];
  for (const part of listAttributes(group, attribute)) claims.attribute(group.path, part.name, "used");
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      fail("malformed/duplicate-name", { path: attributePath(group.path, attribute), message: `${name} twice` });
    }
    seen.add(name);
  }
  return names;
}

function numbered(group: Hdf5Group, attribute: string, prefix: string): string[] {
  const stored = group.attributes.get(attribute);
  const view = stored === undefined ? new Uint8Array() : stored.raw;
  const count = stored?.type.class === "integer" ? Number(littleEndian(view)) : NaN;
  if (!(count >= 0 && count <= group.children.size)) {
    fail("malformed/count", {
      path: attributePath(group.path, attribute),
      expected: `a number of groups or arrays, at most ${group.children.size}`,
      found: stored === undefined ? "nothing" : String(count),
    });
  }
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);
}

/** A name may have slashes: each part is a group on the way. */
function find(group: Hdf5Group, name: string): Hdf5Group | Hdf5Dataset | undefined {
  let at: Hdf5Group | Hdf5Dataset | undefined = group;
  for (const part of name.split("/")) {
    if (at?.kind !== "group") return undefined;
    if (part !== "") at = at.children.get(part);
  }
  return at;
}

function missing(place: FilePlace, group: Hdf5Group, name: string, expected: string): Problem {
  const path = `${place.prefix}${group.path === "" ? "" : `${group.path}/`}${name}`;
  return { source: place.source, file: place.file, code: "malformed/missing-object", path, expected, found: "nothing" };
}
