/** Gives the arrays of a tree-shaped file to the layers that own them. */
import type { Problem } from "../core/error.ts";
import type { Archive } from "../formats/archive.ts";
import type { StoredWeight } from "../core/stored.ts";
import type { LayerNode, StoredForm, StoredInfo } from "../layers/define.ts";
import { ownGroups, treePlaces } from "./tree-naming.ts";
import type { BoundWeight } from "./weight.ts";

export interface Assigned {
  readonly problems: readonly Problem[];
  /** Arrays of layers that nobody knows, and of quantised ones, kept with them. */
  readonly unknown: ReadonlyMap<LayerNode, readonly StoredWeight[]>;
}

/** Whether what arrays a layer has is known from its file alone. */
export const isOpaque = (node: LayerNode): boolean => node.def === null || node.quantised;

/** The arrays are kept as they are; what the layer declares is not among them. */
export function keep(
  node: LayerNode,
  arrays: readonly StoredWeight[],
  into: Map<LayerNode, readonly StoredWeight[]>,
): void {
  into.set(node, arrays);
  node.weights = new Map();
}

/** Binds every weight below `root`. Missing and extra arrays come back as problems, all together. */
export function assignTree(root: LayerNode, archive: Archive): Assigned {
  const groups = new Map<string, StoredWeight[]>();
  for (const weight of archive.weights) groups.set(weight.group, [...(groups.get(weight.group) ?? []), weight]);
  const exists = existingPaths([...groups.keys(), ...archive.groupNames.keys()]);
  const claimed = new Set<string>();
  const problems: Problem[] = [];
  const unknown = new Map<LayerNode, readonly StoredWeight[]>();
  const file = archive.file;
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
  for (const { node, paths } of treePlaces(root, archive.semantics === "keras3", exists)) {
    const path = paths[0]!;
    if (isOpaque(node)) {
      const own = named.get(`${folderOf(path)}/${node.name}`) ?? path;
      take(node, node.def === null ? below(path === "" ? "" : own) : [[path, groups.get(path) ?? []]]);
      continue;
    }
    for (const [sub, names] of ownGroups(node)) {
      const group = [path, sub].filter((part) => part !== "").join("/");
      const stored = byName(groups.get(group) ?? [], names);
      if (names.length > 0) claimed.add(group);
      const gap = stored.findIndex(({ name }, i) => NUMBER.test(name) && name !== String(i));
      if (names.length > 0 && gap >= 0) {
        problems.push({
          code: "mismatch/missing-weights",
          file,
          path: `${group}/vars/${gap}`,
          message: "arrays are not numbered from 0 without a gap",
          found: stored[gap]!.name,
        });
      }
      const form = sub === "" ? olderForm(node, archive, stored) : undefined;
      names.forEach((name, i) => {
        const recipe = form?.recipes[name] ?? null;
        const arrays = (recipe?.from ?? [i]).map((at) => stored[at]).filter((array) => array !== undefined);
        if (arrays.length < (recipe?.from.length ?? 1))
          problems.push({
            code: "mismatch/missing-weights",
            file,
            path: `${group}/vars/${i}`,
            message: `the file has no values for ${node.path}/${name}`,
          });
        else (node.weights.get(name) as BoundWeight).bindTo(arrays, recipe);
      });
      if (stored.length > names.length && names.length > 0) {
        problems.push({
          code: "mismatch/extra-weights",
          file,
          path: group,
          expected: `${names.length} arrays for ${node.path}`,
          found: String(stored.length),
        });
      }
    }
  }
  for (const [group, weights] of groups) {
    if (!claimed.has(group) && weights.length > 0) {
      problems.push({
        code: "mismatch/extra-weights",
        file,
        path: group,
        message: "no layer owns these weights",
        found: `${weights.length} arrays`,
      });
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

/** Another layout of a layer's own arrays, which files of tf-keras may hold (CuDNN layers). */
export function olderForm(node: LayerNode, archive: Archive, stored: readonly StoredWeight[]): StoredForm | undefined {
  const { semantics, writer } = archive;
  const form = node.def?.stored as ((c: unknown, info: StoredInfo) => StoredForm | undefined) | undefined;
  if (form === undefined || semantics === "keras3" || stored.length === 0) return undefined;
  const shapes = stored.map((array) => array.shape);
  return form(node.config, { semantics, backend: writer.backend, className: node.class, shapes });
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
