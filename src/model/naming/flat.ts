/**
 * By layer: a group for each of the top-level layers, in it all arrays of what is below, the trainable ones first, as
 * legacy `.h5` files have it. Source: keras/src/legacy/saving/legacy_h5_format.py, keras 2.2.4 keras/engine/saving.py.
 */
import type { Problem } from "../../core/error.ts";
import { groupBy } from "../../core/groups.ts";
import type { Archive, NamedOutWeight, StoredWeight, WeightGroup } from "../../formats/archive.ts";
import type { LayerNode, Recipe, Weight, WeightDecl } from "../../layers/define.ts";
import { allNodes, groupLayers, movedIn, topLayers } from "../walk.ts";
import type { BoundWeight } from "../weight.ts";
import { bindAdapted } from "./adapters.ts";
import { asStored, beyond, extra, isOpaque, keep, missing, olderForm, refuseRenaming } from "./arrays.ts";
import type { Assigned, WeightNaming, Writing } from "./types.ts";

/** What the config gives of a layer's weights. */
function givenValues({ def, config, semantics }: LayerNode, name: string): readonly number[] | null {
  const decl = def?.weights?.[name] as WeightDecl<unknown> | undefined;
  return decl?.given?.(config, semantics) ?? null;
}

/** The weights that files of this kind have an array for. */
const held = (node: LayerNode): [string, Weight][] =>
  [...node.weights].filter(([name]) => givenValues(node, name) === null);

/** Binds the others to the values that the config gives. */
function bindGiven(node: LayerNode): void {
  for (const [name, weight] of node.weights as ReadonlyMap<string, BoundWeight>) {
    const values = givenValues(node, name);
    if (values === null) continue;
    const bytes = new Uint8Array(Float32Array.from(values).buffer);
    const array = { key: weight.path, group: node.path, name, dtype: "float32", shape: [values.length] } as const;
    const read = async () => bytes;
    weight.bindTo([{ ...array, byteLength: bytes.length, read, slices: () => slicesOf(bytes) }], null);
  }
}

async function* slicesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Layers with the groups that hold their arrays: by name where all names are there, else by order. */
function match(
  layers: readonly LayerNode[],
  archive: Archive,
  problems: Problem[],
): readonly (readonly [LayerNode, string])[] {
  const filled = new Set(archive.weights.map((w) => w.group));
  const groups = archive.layerNames.filter((name) => filled.has(name));
  const has = (node: LayerNode, what: (inner: LayerNode) => boolean): boolean => [...allNodes(node)].some(what);
  const sure = layers.filter((node) => has(node, (inner) => held(inner).length > 0));
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

/** A warning where names and order tell different layers of the same shapes: Keras goes by order, unless it is told `by_name`. */
function otherOrder(
  owners: readonly (readonly [LayerNode, string])[],
  { file, layerNames }: Archive,
  byGroup: ReadonlyMap<string, readonly StoredWeight[]>,
): readonly Problem[] {
  const groups = owners.map(([, group]) => group);
  const own = new Set(groups);
  const listed = layerNames.filter((name) => own.has(name));
  const at = groups.findIndex((group, i) => group !== listed[i]);
  const shapes = (group: string): string => JSON.stringify(byGroup.get(group)?.map(({ shape }) => shape));
  if (at < 0 || groups.some((group, i) => shapes(group) !== shapes(listed[i]!))) return [];
  return [
    {
      code: "mismatch/weight-order",
      file,
      path: groups[at]!,
      message:
        "the file has its layers in another order; weights go by names, where Keras goes by order unless by_name is given",
      expected: groups[at]!,
      found: listed[at]!,
    },
  ];
}

/** Of how many parts of a path a name may be the last ones. */
const MOST_PARTS = 8;

/** The weights of which a name, its layer's before its own, is the end of the path; null where it is so of several. */
function byEnd(weights: readonly Weight[]): ReadonlyMap<string, Weight | null> {
  const ends = new Map<string, Weight | null>();
  for (const weight of weights) {
    const parts = weight.path.split("/");
    const last = parts.slice(-MOST_PARTS, -1).map((_, i, some) => parts.slice(i - some.length - 1).join("/"));
    for (const end of new Set([weight.path, ...last])) ends.set(end, ends.has(end) ? null : weight);
  }
  return ends;
}

/**
 * The arrays in the order of the weights where the names say whose each is; else as the file has them. Their order depends on
 * which layers were frozen, which configs do not tell of models, and of the layers that a wrapper made itself.
 */
function inNamedOrder(
  arrays: readonly StoredWeight[],
  group: string,
  nodes: readonly LayerNode[],
  root: string,
  moved: ReadonlySet<Weight>,
): readonly StoredWeight[] {
  const weights = [...new Set(nodes.flatMap(held).map(([, w]) => w))];
  if (weights.length !== arrays.length) return arrays;
  const ends = byEnd(weights);
  const named = new Map<Weight, StoredWeight>();
  for (const array of arrays) {
    const name = array.key.slice(group.length + 1).replace(/:0$/, "");
    const weight = ends.get(name) ?? (name.startsWith(`${root}/`) ? ends.get(name.slice(root.length + 1)) : undefined);
    if (weight === undefined || weight === null || named.has(weight)) return arrays;
    named.set(weight, array);
  }
  return [true, false].flatMap((is) => weights.filter((w) => moved.has(w) === is).map((w) => named.get(w)!));
}

/** Hands out the arrays of one group. */
class Hand {
  readonly #arrays: readonly StoredWeight[];
  readonly #archive: Archive;
  readonly #problems: Problem[];
  readonly #moved: ReadonlySet<Weight>;
  readonly #given = new Set<Weight>();
  #next = 0;
  #missing = false;

  constructor(arrays: readonly StoredWeight[], archive: Archive, problems: Problem[], moved: ReadonlySet<Weight>) {
    this.#moved = moved;
    this.#arrays = arrays;
    this.#archive = archive;
    this.#problems = problems;
  }

  /** Gives a layer its trainable, or its other, arrays. */
  give(node: LayerNode, trainable: boolean): void {
    const weights = held(node).filter(([, w]) => this.#moved.has(w) === trainable && !this.#given.has(w)) as [
      string,
      BoundWeight,
    ][];
    for (const [, weight] of weights) this.#given.add(weight);
    if (weights.length === 0) return;
    const rest = this.#arrays.slice(this.#next);
    const form = olderForm(node, this.#archive, rest);
    const arrays = this.#arrays.slice(this.#next, this.#next + (form?.count ?? weights.length));
    this.#next += form?.count ?? weights.length;
    weights.forEach(([name, weight], i) => {
      const recipe: Recipe | null = form?.recipes[name] ?? null;
      const from = recipe === null ? [arrays[i]] : recipe.from.map((place) => arrays[place]);
      if (from.some((array) => array === undefined)) {
        this.#missing = true;
        this.#problems.push(missing(this.#archive, weight.path));
      } else {
        weight.bindTo(from as StoredWeight[], recipe);
      }
    });
  }

  finish(node: LayerNode): void {
    const left = this.#arrays[this.#next];
    if (left === undefined || this.#missing) return;
    this.#problems.push(beyond(this.#archive, left.key, node, this.#arrays, this.#next));
  }
}

function read(root: LayerNode, archive: Archive): Assigned {
  for (const node of allNodes(root)) bindGiven(node);
  const problems: Problem[] = [];
  const unknown = new Map<LayerNode, readonly StoredWeight[]>();
  const byGroup = groupBy(archive.weights, ({ group }) => group);
  const claimed = new Set<string>();
  if (root.def === null) keep(root, archive.weights, unknown);
  if (root.def === null) return { problems, unknown };
  const owners = match(groupLayers(root), archive, problems);
  for (const [layer, group] of owners) {
    claimed.add(group);
    const whole = byGroup.get(group) ?? [];
    const left = bindAdapted(whole, [...allNodes(layer)]);
    const { nodes } = left;
    const moved = movedIn(layer);
    const arrays = inNamedOrder(left.arrays, group, nodes, root.name, moved);
    const declared = new Set(nodes.flatMap(held).map(([, w]) => w)).size;
    if (nodes.some((node) => node.quantised) || (nodes.some(isOpaque) && arrays.length !== declared)) {
      // Where the arrays of such a layer end among the others', nobody can tell.
      for (const node of nodes) keep(node, node === layer ? arrays : [], unknown);
      continue;
    }
    const hand = new Hand(arrays, archive, problems, moved);
    for (const trainable of [true, false]) for (const node of nodes) hand.give(node, trainable);
    hand.finish(layer);
  }
  for (const [group, arrays] of byGroup) {
    if (claimed.has(group)) continue;
    const found = `${arrays.length} arrays in ${group}`;
    problems.push(extra(archive, arrays[0]!.key, { message: "no layer owns these weights", found }));
  }
  return { problems, unknown, warnings: otherOrder(owners, archive, byGroup) };
}

/**
 * An unknown layer's arrays with the names of a flat file, where they may be written as they are: its trainable ones come
 * before the others, and which they are nobody can tell. So those of one group, with nothing behind them on either side.
 */
function unknownArrays(node: LayerNode, { unknown, suffix }: Writing, isLast: boolean): readonly NamedOutWeight[] {
  const stored = unknown.get(node) ?? [];
  const several = new Set(stored.map((w) => w.group)).size > 1;
  if (stored.length > 0 && (!isLast || several || node.quantised)) refuseRenaming(node);
  return stored.map((w, i) => ({ ...asStored(w), name: `${node.path}/variable_${i}${suffix}` }));
}

/** The arrays as the file has them: of a model that nothing has changed, Theano's and CuDNN's layouts included. */
const named = (stored: StoredWeight): NamedOutWeight => ({ ...asStored(stored), name: stored.name });

function write(model: Writing): readonly WeightGroup[] {
  const { root, untouched, suffix } = model;
  const stored = untouched?.naming === "flat" ? groupBy(untouched.weights, ({ group }) => group) : null;
  return topLayers(root)
    .filter(({ def }) => def?.kind !== "operation")
    .map((layer): WeightGroup => {
      const { name } = layer;
      const whole = model.naming === "flat" ? model.unknown.get(layer) : undefined;
      const own = stored === null ? whole : (stored.get(name) ?? []);
      if (own !== undefined) return { path: name, name, weights: own.map(named) };
      const nodes = [...allNodes(layer)];
      const moved = movedIn(layer);
      const met = new Set<Weight>();
      const isFirst = (weight: Weight): boolean => !met.has(weight) && met.add(weight).has(weight);
      const groups = [true, false].map((trainable) =>
        nodes.map((node) => ({
          node,
          names: held(node)
            .filter(([, w]) => moved.has(w) === trainable && isFirst(w))
            .map(([name]) => name),
        })),
      );
      const known = groups.map((group) =>
        group.map(({ node, names }) =>
          names.map((own) => ({ ...model.out(node, own), name: `${node.path}/${own}${suffix}` })),
        ),
      );
      nodes.forEach((node, i) => {
        if (!isOpaque(node)) return;
        const isLast = known[1]!.every((weights) => weights.length === 0) && known[0]!.slice(i + 1).flat().length === 0;
        known[0]![i] = [...unknownArrays(node, model, isLast)];
      });
      return { path: name, name, weights: known.flat(2) };
    });
}

export const flatNaming: WeightNaming = { read, write };
