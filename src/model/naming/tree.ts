/**
 * By the path of attributes that leads to the owner, and a number: `layers/lstm/cell/vars/0`, as `.keras` and Keras 3's
 * `.weights.h5` have it. `tree-places.ts` says which paths.
 */
import { fail, type Problem } from "../../core/error.ts";
import { groupBy } from "../../core/groups.ts";
import type { Archive, OutWeight, StoredWeight, WeightGroup } from "../../formats/archive.ts";
import { EDITIONS } from "../../formats/languages.ts";
import type { LayerNode } from "../../layers/define.ts";
import { allNodes } from "../walk.ts";
import type { BoundWeight } from "../weight.ts";
import {
  asStored,
  beyond,
  extra,
  isOpaque,
  keep,
  missing,
  olderForm,
  refuseRenaming,
  withoutAbsent,
} from "./arrays.ts";
import { ownGroups, treePlaces } from "./tree-places.ts";
import type { Assigned, WeightNaming, Writing } from "./types.ts";
import { giveVocabulary } from "./vocabulary.ts";

function read(root: LayerNode, archive: Archive): Assigned {
  const groups = groupBy(archive.weights, ({ group }) => group);
  const exists = existingPaths([
    ...groups.keys(),
    ...archive.groupNames.keys(),
    ...(archive.vocabularies?.keys() ?? []),
  ]);
  const claimed = new Set<string>();
  const problems: Problem[] = [];
  const unknown = new Map<LayerNode, readonly StoredWeight[]>();
  const below = (path: string): [string, StoredWeight[]][] =>
    [...groups].filter(([group]) => path === "" || group === path || group.startsWith(`${path}/`));
  const take = (node: LayerNode, own: readonly [string, StoredWeight[]][]): void => {
    own.forEach(([group]) => claimed.add(group));
    keep(
      node,
      own.flatMap(([, weights]) => weights),
      unknown,
    );
  };
  // A class that is exported under another name than its own has a group of its own name: the layer's is beside it.
  const named = new Map([...archive.groupNames].map(([path, name]) => [`${folderOf(path)}/${name}`, path]));
  const { hasTodaysPaths } = EDITIONS[archive.semantics];
  for (const { node, paths } of treePlaces(root, hasTodaysPaths, exists, archive.classes)) {
    const path = paths[0]!;
    if (isOpaque(node)) {
      const own = named.get(`${folderOf(path)}/${node.name}`) ?? path;
      take(node, node.def === null ? below(path === "" ? "" : own) : [[path, groups.get(path) ?? []]]);
      continue;
    }
    giveVocabulary(node, archive.vocabularies?.get(path));
    withoutAbsent(node, (name) => groups.get(path)?.some((array) => array.name === name) === true);
    for (const [sub, names] of ownGroups(node)) {
      const group = [path, sub].filter((part) => part !== "").join("/");
      const stored = byName(groups.get(group) ?? [], names);
      if (names.length > 0) claimed.add(group);
      const gap = stored.findIndex(({ name }, i) => NUMBER.test(name) && name !== String(i));
      if (names.length > 0 && gap >= 0) {
        const message = "arrays are not numbered from 0 without a gap";
        problems.push({ ...missing(archive, `${group}/vars/${gap}`, message), found: stored[gap]!.name });
      }
      const form = sub === "" ? olderForm(node, archive, stored) : undefined;
      names.forEach((name, i) => {
        const recipe = form?.recipes[name] ?? null;
        const arrays = (recipe?.from ?? [i]).map((at) => stored[at]).filter((array) => array !== undefined);
        if (arrays.length < (recipe?.from.length ?? 1))
          problems.push(missing(archive, `${group}/vars/${i}`, `the file has no values for ${node.path}/${name}`));
        else (node.weights.get(name) as BoundWeight).bindTo(arrays, recipe);
      });
      if (stored.length > names.length && names.length > 0)
        problems.push(beyond(archive, group, node, stored, names.length));
    }
  }
  for (const [group, weights] of groups) {
    if (!claimed.has(group) && weights.length > 0) {
      const found = `${weights.length} arrays`;
      problems.push(extra(archive, group, { message: "no layer owns these weights", found }));
    }
  }
  return { problems, unknown };
}

const NUMBER = /^[0-9]+$/;

/** Arrays that are named, not numbered, in the order of the weights that they are; those of other names come last. */
function byName(stored: readonly StoredWeight[], names: readonly string[]): readonly StoredWeight[] {
  if (stored.every(({ name }) => NUMBER.test(name))) return stored;
  const own = names.map((name) => stored.find((array) => array.name === name.slice(name.lastIndexOf("/") + 1)));
  return own.includes(undefined) ? [] : [...new Set([...(own as StoredWeight[]), ...stored])];
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** All paths and the paths above them. */
function existingPaths(groups: readonly string[]): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const group of groups) {
    for (let end = group.length; end > 0; end = group.lastIndexOf("/", end - 1)) paths.add(group.slice(0, end));
  }
  return paths;
}

/** Numbers tell no adapters from the arrays beside them: Keras makes them part of an array as it saves, which rounds it anew. */
function write(model: Writing): readonly WeightGroup[] {
  for (const { path, def, weights, class: found } of allNodes(model.root)) {
    if (![...weights.keys()].some((name) => def?.weights?.[name]?.optional)) continue;
    const message =
      "adapters (enable_lora) beside a quantised array: this format holds their sum, which would be rounded anew";
    fail("unsupported/translation", { path, message, found });
  }
  return writeNamed(model);
}

/** The arrays under names, by which numbers are given to those that are to have them. */
export function writeNamed(model: Writing): readonly WeightGroup[] {
  const isOwn = model.naming === "tree" || model.naming === "paths";
  return treePlaces(model.root, true).flatMap(({ node, paths }): readonly WeightGroup[] => {
    const path = paths[0]!;
    const kept = model.unknown.get(node) ?? [];
    if (kept.length > 0 && !isOwn && (node.def !== null || node.quantised)) refuseRenaming(node);
    if (isOpaque(node)) return unknownGroups(node, path, kept, isOwn);
    return [...ownGroups(node)].map(([sub, names]) =>
      group(
        [path, sub].filter((part) => part !== "").join("/"),
        sub === "" ? node.name : sub.slice(sub.lastIndexOf("/") + 1),
        names.map((name) => model.out(node, name)),
        names.map((name) => (node.def?.weights?.[name]?.unlisted ? name.slice(name.lastIndexOf("/") + 1) : null)),
      ),
    );
  });
}

/** Arrays are numbered, but layers with a `save_own_variables` of their own may have given names in place of numbers. */
function group(
  path: string,
  name: string | null,
  weights: readonly OutWeight[],
  names: readonly (string | null)[] = [],
): WeightGroup {
  const own = ({ stored }: OutWeight): string | null =>
    stored?.group === path && !NUMBER.test(stored.name) ? stored.name : null;
  return {
    path,
    name,
    weights: weights.map((weight, i) => ({ ...weight, name: names[i] ?? own(weight) ?? String(i) })),
  };
}

/** An unknown layer's arrays keep their groups; from a file of another naming they make one group, in order. */
function unknownGroups(
  node: LayerNode,
  path: string,
  stored: readonly StoredWeight[],
  isOwn: boolean,
): readonly WeightGroup[] {
  if (isOwn)
    return [...groupBy(stored, (weight) => weight.group)].map(([owner, weights]) =>
      group(owner, null, weights.map(asStored)),
    );
  const inner = stored.find((w) => w.name.slice(w.name.lastIndexOf(`${node.name}/`)).split("/").length > 2);
  if (inner !== undefined)
    fail("unsupported/translation", {
      path: node.path,
      message: "the weights of layers inside an unknown layer have no known place in this format",
      found: inner.name,
    });
  return [group(path, node.name, stored.map(asStored))];
}

export const treeNaming: Required<WeightNaming> = { read, write };
