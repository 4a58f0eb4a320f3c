/** Gives the arrays of a tree-shaped file to the layers that own them. */
import type { Problem } from "../core/error.ts";
import type { Archive } from "../formats/archive.ts";
import type { StoredWeight } from "../core/stored.ts";
import type { LayerNode, StoredForm, StoredInfo } from "../layers/define.ts";
import { ownGroups, treePlaces } from "./tree-naming.ts";
import type { BoundWeight } from "./weight.ts";

export interface Assigned {
  readonly problems: readonly Problem[];
  /** Arrays of layers that nobody knows, kept with them. */
  readonly unknown: ReadonlyMap<LayerNode, readonly StoredWeight[]>;
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
  for (const { node, paths } of treePlaces(root, archive.semantics === "keras3", exists)) {
    const path = paths[0]!;
    if (node.def === null) {
      const own = [...groups].filter(
        ([group]) => group === path || (path !== "" && group.startsWith(`${path}/`)) || path === "",
      );
      own.forEach(([group]) => claimed.add(group));
      unknown.set(
        node,
        own.flatMap(([, weights]) => weights),
      );
      continue;
    }
    for (const [sub, names] of ownGroups(node)) {
      const group = [path, sub].filter((part) => part !== "").join("/");
      const stored = groups.get(group) ?? [];
      if (names.length > 0) claimed.add(group);
      const gap = stored.findIndex(({ name }, i) => name !== String(i));
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

/** Another layout of a layer's own arrays, which files of tf-keras may hold (CuDNN layers). */
function olderForm(node: LayerNode, archive: Archive, stored: readonly StoredWeight[]): StoredForm | undefined {
  const { semantics, writer } = archive;
  const form = node.def?.stored as ((c: unknown, info: StoredInfo) => StoredForm | undefined) | undefined;
  if (form === undefined || semantics === "keras3" || stored.length === 0) return undefined;
  const shapes = stored.map((array) => array.shape);
  return form(node.config, { semantics, backend: writer.backend, className: node.class, shapes });
}

/** All paths and the paths above them. */
function existingPaths(groups: readonly string[]): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const group of groups) {
    for (let end = group.length; end > 0; end = group.lastIndexOf("/", end - 1)) paths.add(group.slice(0, end));
  }
  return paths;
}
