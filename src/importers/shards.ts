/**
 * Reads weights that Keras 3 spread over several files: `<name>.weights.json` says which groups are in which
 * `<name>_00000.weights.h5`. Source: keras/src/saving/saving_lib.py (`ShardedH5IOStore`).
 */
import { openHdf5 } from "../codecs/hdf5.ts";
import { fail, failAll, located, type Problem } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Source } from "../core/source.ts";
import type { StoredWeight } from "../core/stored.ts";
import type { Archive, Ledger } from "../formats/archive.ts";
import { inNumericOrder, OPTIMIZER } from "../formats/tree.ts";
import { spareParts } from "./aside.ts";
import { Claims } from "./claims.ts";
import { jsonSource } from "./config.ts";
import { folderMembers } from "./members.ts";
import type { FilePlace } from "./stored.ts";
import { readTree } from "./tree-weights.ts";

const INDEX = /^([^/]+)\.weights\.json$/;

/** The files of sharded weights among others; null where there is no index, or more than one. */
export function shardsAmong(files: ReadonlyMap<string, Source>): ReadonlyMap<string, Source> | null {
  const indexes = [...files.keys()].filter((name) => INDEX.test(name));
  if (indexes.length !== 1) return null;
  const base = INDEX.exec(indexes[0]!)![1]!;
  const isShard = (name: string): boolean =>
    name.startsWith(`${base}_`) && /^[0-9]{5,}\.weights\.h5$/.test(name.slice(base.length + 1));
  return new Map([...files].filter(([name]) => name === indexes[0] || isShard(name)));
}

/** `files` are those of `shardsAmong`. Throws `malformed/missing-member` for a shard that is not there. */
export async function importShards(files: ReadonlyMap<string, Source>, name: string, limits: Limits): Promise<Archive> {
  const members = folderMembers(files, name);
  const index = members.names.find((file) => INDEX.test(file))!;
  const used = await shardNames(files.get(index)!, index, name, limits);
  for (const shard of used) {
    if (!files.has(shard)) fail("malformed/missing-member", { source: "weights-h5", file: name, path: shard });
  }
  const booked = new Claims();
  const ledgers: Ledger[] = [];
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const groups = new Map<string, Map<string, StoredWeight>>();
  const groupNames = new Map<string, string>();
  booked.book(index, members.sizeOf(index), "metadata");
  for (const file of members.names) {
    if (file === index) continue;
    if (!used.has(file)) {
      booked.book(file, members.sizeOf(file), "unknown");
      continue;
    }
    const place: FilePlace = { source: "weights-h5", file: name, prefix: `${file}:` };
    const source = await members.open(file);
    const root = await located({ source: place.source, file: name, pathPrefix: place.prefix }, () =>
      openHdf5(source, limits, spareParts(warnings)),
    );
    const claims = new Claims();
    const tree = readTree(root, claims, place, problems, warnings, true);
    for (const [owner, own] of tree.groupNames) groupNames.set(owner, own);
    for (const weight of [...tree.weights, ...tree.optimizer]) {
      const group = groups.get(weight.group) ?? new Map<string, StoredWeight>();
      if (group.has(weight.name)) fail("malformed/duplicate-name", { file: name, path: place.prefix + weight.key });
      groups.set(weight.group, group.set(weight.name, weight));
    }
    claims.sweep(root, place.prefix);
    ledgers.push(claims.ledger(source.size));
    for (const extra of claims.extras()) booked.book(extra.path, extra.byteLength, extra.kind);
    for (const object of ledgers.at(-1)!.objects) booked.book(object, 0, "used");
  }
  failAll(problems);
  const all = [...groups.values()].flatMap((group) => inNumericOrder(group).map(([, weight]) => weight));
  const isOptimizer = ({ group }: StoredWeight): boolean => group.split("/", 1)[0] === OPTIMIZER;
  const ledger = booked.ledger(members.size);
  const values = ledgers.reduce((sum, part) => sum + part.used, 0);
  return {
    format: "weights-h5",
    dialect: "keras3",
    semantics: "keras3",
    writer: { library: "keras", version: null, backend: null },
    file: name,
    config: null,
    naming: "tree",
    weights: all.filter((weight) => !isOptimizer(weight)),
    layerNames: [],
    groupNames,
    training: null,
    optimizer: all.filter(isOptimizer),
    extras: booked.extras(),
    ledger: { ...ledger, used: ledger.used + values, overhead: ledger.overhead - values },
    warnings,
    container: null,
    close: members.close,
  };
}

/** The shards that the index names. */
async function shardNames(source: Source, index: string, name: string, limits: Limits): Promise<ReadonlySet<string>> {
  const place: FilePlace = { source: "weights-h5", file: name, prefix: "" };
  const { root } = await jsonSource(source, place, index, limits);
  const map = root instanceof Map ? root.get("weight_map") : null;
  const names = map instanceof Map ? [...map.values()].flat() : [null];
  for (const shard of names) {
    if (typeof shard === "string") continue;
    fail("malformed/shard-index", { file: name, path: index, expected: "a weight_map of groups to file names" });
  }
  return new Set(names as string[]);
}
