/**
 * By the names of the variables: `dense/kernel`, or with any of what is around the layer in front, `sequential_1/lstm/lstm_cell/kernel`. Which scopes a writer names differs: TensorFlow.js
 * leaves out inner models and a layer inside TimeDistributed, its converter keeps what the Keras at hand wrote. Order says nothing.
 * Sources: tfjs-layers/src/engine/container.ts (`loadWeights`), keras/src/backend/common/variables.py (`path`).
 */
import type { Problem } from "../../core/error.ts";
import { addTo } from "../../core/groups.ts";
import type { Archive, StoredWeight } from "../../formats/archive.ts";
import type { LayerNode } from "../../layers/define.ts";
import { childrenOf } from "../walk.ts";
import type { BoundWeight } from "../weight.ts";
import { extra, isOpaque, keep, missing, olderNames, withoutAbsent } from "./arrays.ts";
import type { Assigned, WeightNaming } from "./types.ts";

/** A layer around a weight, or its owner, as scopes may call it. */
interface Scope {
  readonly names: ReadonlySet<string>;
  /** Made by its owner alone: its name is told nowhere, and versions differ in it. */
  readonly derived: boolean;
}

interface Owner {
  readonly node: LayerNode;
  readonly scopes: readonly Scope[];
  /** The place in `scopes` that must be named: the innermost layer that sits directly in a model. */
  readonly anchor: number;
}

function* owners(
  node: LayerNode,
  around: readonly Scope[],
  anchor: number,
  seen: Set<LayerNode>,
  also: readonly string[] = [],
): Generator<Owner> {
  if (seen.has(node)) return;
  seen.add(node);
  const scopes = [...around, { names: new Set([node.name, ...also]), derived: node.raw === null }];
  yield { node, scopes, anchor };
  const isModel = node.children.has("layers");
  // TensorFlow.js numbers stacked cells.
  const isStack = node.children.has("cells");
  for (const [i, child] of childrenOf(node).entries())
    yield* owners(child, scopes, isModel ? scopes.length : anchor, seen, isStack ? [`RNNCell_${i}`] : []);
}

/** How much a name leaves to guess, or null where it is another's: scopes left out, and half as much for made-up names. */
function distance({ scopes, anchor }: Owner, parts: readonly string[]): number | null {
  let at = parts.length - 1;
  let guessed = 0;
  for (let i = scopes.length - 1; i >= 0; i--) {
    const { names, derived } = scopes[i]!;
    if (at >= 0 && names.has(parts[at]!)) at--;
    else if (i === anchor) return null;
    else if (derived && at > 0 && !namesOuter(scopes, i, parts[at]!)) {
      guessed++;
      at--;
    }
  }
  return at >= 0 ? null : scopes.length - parts.length + guessed / 2;
}

/** Whether a part that might be a made-up name is that of a layer farther out. */
const namesOuter = (scopes: readonly Scope[], inner: number, part: string): boolean =>
  scopes.slice(0, inner).some(({ names }) => names.has(part));

interface Fit {
  readonly stored: StoredWeight;
  readonly owner: Owner;
  readonly weight: BoundWeight;
  readonly distance: number;
}

/** Names of layers that have slashes, and the most parts that one has. */
interface Slashed {
  readonly names: ReadonlySet<string>;
  readonly most: number;
}
/** Beyond so many parts a name is no layer's. */
const MOST_PARTS = 32;

function slashedNames(all: readonly Owner[]): Slashed {
  const names = new Set(all.map(({ node }) => node.name).filter((name) => name.includes("/")));
  const most = [...names].reduce((found, name) => Math.max(found, name.split("/").length), 1);
  return { names, most: Math.min(MOST_PARTS, most) };
}

/** The parts of a variable's name; TensorFlow ends it with the number of an output. A layer's name with slashes is one. */
function partsOf(key: string, { names, most }: Slashed): readonly string[] {
  const parts = key.replace(/:0$/, "").split("/");
  const found: string[] = [];
  for (let at = 0; at < parts.length;) {
    let end = Math.min(at + most, parts.length);
    while (end > at + 1 && !names.has(parts.slice(at, end).join("/"))) end--;
    found.push(parts.slice(at, end).join("/"));
    at = end;
  }
  return found;
}

function fits(all: readonly Owner[], slashed: Slashed, archive: Archive): readonly Fit[] {
  const byAnchor = new Map<string, Owner[]>();
  for (const owner of all) {
    if (owner.node.weights.size === 0) continue;
    for (const name of owner.scopes[owner.anchor]!.names) addTo(byAnchor, name, owner);
  }
  const found: Fit[] = [];
  for (const stored of archive.weights) {
    const parts = partsOf(stored.key, slashed);
    for (const owner of new Set(parts.flatMap((part) => byAnchor.get(part) ?? []))) {
      for (const [name, weight] of owner.node.weights) {
        const names = [name, ...olderNames(owner.node, name)].map((own) => own.split("/"));
        const own = names.find((one) => one.every((part, i) => parts[parts.length - one.length + i] === part));
        const far = own === undefined ? null : distance(owner, parts.slice(0, parts.length - own.length));
        if (far !== null) found.push({ stored, owner, weight: weight as BoundWeight, distance: far });
      }
    }
  }
  return found.sort((a, b) => a.distance - b.distance);
}

function read(root: LayerNode, archive: Archive): Assigned {
  const problems: Problem[] = [];
  const unknown = new Map<LayerNode, readonly StoredWeight[]>();
  const taken = new Set<StoredWeight>();
  const bound = new Set<BoundWeight>();
  if (root.def === null) keep(root, archive.weights, unknown);
  if (root.def === null) return { problems, unknown };
  const all = [...owners(root, [], 0, new Set())];
  const slashed = slashedNames(all);
  for (const { stored, weight } of fits(all, slashed, archive)) {
    if (taken.has(stored) || bound.has(weight)) continue;
    weight.bindTo([stored], null);
    taken.add(stored);
    bound.add(weight);
  }
  for (const { node, scopes } of all) {
    if (isOpaque(node)) {
      const own = archive.weights.filter((w) => !taken.has(w) && isBelow(w, scopes, slashed));
      for (const stored of own) taken.add(stored);
      keep(node, own, unknown);
      continue;
    }
    withoutAbsent(node, (name) => bound.has(node.weights.get(name) as BoundWeight));
    for (const weight of node.weights.values()) {
      if (!bound.has(weight as BoundWeight)) problems.push(missing(archive, weight.path));
    }
  }
  for (const { key } of archive.weights.filter((stored) => !taken.has(stored)))
    problems.push(extra(archive, key, { message: "no layer owns this weight" }));
  return { problems, unknown };
}

/** Whether a variable's scopes name a layer that nobody knows. */
const isBelow = (stored: StoredWeight, scopes: readonly Scope[], slashed: Slashed): boolean =>
  partsOf(stored.key, slashed).slice(0, -1).some((part) => scopes.at(-1)!.names.has(part)); // prettier-ignore

export const namesNaming: WeightNaming = { read };
