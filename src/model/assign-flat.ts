/**
 * Gives the arrays of a flat file to the layers: a group a top-level layer, in it all arrays of the subtree, the
 * trainable ones first. Source: keras/src/legacy/saving/legacy_h5_format.py, keras 2.2.4 keras/engine/saving.py.
 */
import type { Problem } from "../core/error.ts";
import type { StoredWeight } from "../core/stored.ts";
import type { Archive } from "../formats/archive.ts";
import type { LayerNode, Recipe, StoredForm } from "../layers/define.ts";
import { type Assigned, isOpaque, keep } from "./assign-tree.ts";
import { allNodes, groupLayers } from "./walk.ts";
import type { BoundWeight } from "./weight.ts";

/** Layers with the groups that hold their arrays: by name where all names are there, else by order. */
function match(
  layers: readonly LayerNode[],
  archive: Archive,
  problems: Problem[],
): readonly (readonly [LayerNode, string])[] {
  const filled = new Set(archive.weights.map((w) => w.group));
  const groups = archive.layerNames.filter((name) => filled.has(name));
  const has = (node: LayerNode, what: (inner: LayerNode) => boolean): boolean => [...allNodes(node)].some(what);
  const sure = layers.filter((node) => has(node, (inner) => inner.weights.size > 0));
  // A layer that nobody knows may have weights or not: so may a model or wrapper of such layers.
  const perhaps = new Set(layers.filter((node) => !sure.includes(node) && has(node, (inner) => inner.def === null)));
  const owners = layers.filter((node) => sure.includes(node) || perhaps.has(node));
  const named = owners.filter((node) => !perhaps.has(node) || filled.has(node.name));
  if (sure.every((node) => filled.has(node.name))) return named.map((node) => [node, node.name] as const);
  for (const some of [owners, sure, named]) {
    if (some.length === groups.length) return some.map((node, i) => [node, groups[i]!] as const);
  }
  const missing = sure.filter((node) => !filled.has(node.name)).map((node) => node.name);
  problems.push({
    code: "mismatch/missing-weights",
    file: archive.file,
    path: missing.join(", "),
    expected: `weights for ${sure.length} layers`,
    found: `weights of ${groups.length}`,
  });
  return sure.filter((node) => filled.has(node.name)).map((node) => [node, node.name] as const);
}

/**
 * The arrays in the order of the weights where all their names are those weights' paths; else as the file has them. Their
 * order depends on which layers were frozen, and a wrapper's config does not tell that of the layers that it made itself.
 */
function inNamedOrder(
  arrays: readonly StoredWeight[],
  group: string,
  nodes: readonly LayerNode[],
  root: string,
): readonly StoredWeight[] {
  const weights = nodes.flatMap((node) => [...node.weights.values()]);
  const wanted = [...weights.filter((w) => w.trainable), ...weights.filter((w) => !w.trainable)];
  if (wanted.length !== arrays.length) return arrays;
  const named = new Map(arrays.map((array) => [array.key.slice(group.length + 1).replace(/:0$/, ""), array]));
  for (const prefix of ["", `${root}/`]) {
    const found = wanted.map((weight) => named.get(prefix + weight.path)).filter((array) => array !== undefined);
    if (found.length === arrays.length) return found;
  }
  return arrays;
}

/** Hands out the arrays of one group. */
class Hand {
  readonly #arrays: readonly StoredWeight[];
  readonly #archive: Archive;
  readonly #problems: Problem[];
  #next = 0;
  #missing = false;

  constructor(arrays: readonly StoredWeight[], archive: Archive, problems: Problem[]) {
    this.#arrays = arrays;
    this.#archive = archive;
    this.#problems = problems;
  }

  /** The older layout of a layer's own arrays, if its declaration knows one that fits what comes next. */
  #form(node: LayerNode): StoredForm | undefined {
    const stored = node.def?.stored as ((c: unknown, info: object) => StoredForm | undefined) | undefined;
    const { semantics, writer } = this.#archive;
    const shapes = this.#arrays.slice(this.#next).map((w) => w.shape);
    return stored?.(node.config, { semantics, backend: writer.backend, className: node.class, shapes });
  }

  /** Gives a layer its trainable, or its other, arrays. */
  give(node: LayerNode, trainable: boolean): void {
    const weights = [...node.weights].filter(([, w]) => w.trainable === trainable) as [string, BoundWeight][];
    if (weights.length === 0) return;
    const form = this.#form(node);
    const arrays = this.#arrays.slice(this.#next, this.#next + (form?.count ?? weights.length));
    this.#next += form?.count ?? weights.length;
    weights.forEach(([name, weight], i) => {
      const recipe: Recipe | null = form?.recipes[name] ?? null;
      const from = recipe === null ? [arrays[i]] : recipe.from.map((place) => arrays[place]);
      if (from.some((array) => array === undefined)) {
        this.#missing = true;
        this.#problems.push({
          code: "mismatch/missing-weights",
          file: this.#archive.file,
          path: weight.path,
          message: "the file has no values for this weight",
        });
      } else {
        weight.bindTo(from as StoredWeight[], recipe);
      }
    });
  }

  finish(node: LayerNode): void {
    const extra = this.#arrays.slice(this.#next);
    if (extra.length === 0 || this.#missing) return;
    this.#problems.push({
      code: "mismatch/extra-weights",
      file: this.#archive.file,
      path: extra[0]!.key,
      expected: `${this.#next} arrays for ${node.path}`,
      found: String(this.#arrays.length),
    });
  }
}

/** Binds every weight below `root`. Missing and extra arrays come back as problems, all together. */
export function assignFlat(root: LayerNode, archive: Archive): Assigned {
  const problems: Problem[] = [];
  const unknown = new Map<LayerNode, readonly StoredWeight[]>();
  const byGroup = new Map<string, StoredWeight[]>();
  for (const weight of archive.weights) byGroup.set(weight.group, [...(byGroup.get(weight.group) ?? []), weight]);
  const claimed = new Set<string>();
  if (root.def === null) return { problems, unknown: new Map([[root, archive.weights]]) };
  for (const [layer, group] of match(groupLayers(root), archive, problems)) {
    claimed.add(group);
    const nodes = [...allNodes(layer)];
    const arrays = inNamedOrder(byGroup.get(group) ?? [], group, nodes, root.name);
    const declared = nodes.reduce((sum, node) => sum + node.weights.size, 0);
    if (nodes.some((node) => node.quantised) || (nodes.some(isOpaque) && arrays.length !== declared)) {
      // Where the arrays of such a layer end among the others', nobody can tell.
      for (const node of nodes) keep(node, node === layer ? arrays : [], unknown);
      continue;
    }
    const hand = new Hand(arrays, archive, problems);
    for (const trainable of [true, false]) for (const node of nodes) hand.give(node, trainable);
    hand.finish(layer);
  }
  for (const [group, arrays] of byGroup) {
    if (!claimed.has(group)) {
      problems.push({
        code: "mismatch/extra-weights",
        file: archive.file,
        path: arrays[0]!.key,
        message: "no layer owns these weights",
        found: `${arrays.length} arrays in ${group}`,
      });
    }
  }
  return { problems, unknown };
}
