/**
 * Where the weights of a layer lie in files that follow the objects' attributes: `layers/lstm/cell/vars/0`.
 * Source: keras/src/saving/saving_lib.py (`_walk_saveable`, `_save_container_state`), tf_keras/saving/saving_lib.py.
 */
import { addTo } from "../../core/groups.ts";
import type { Archive } from "../../formats/archive.ts";
import { EDITIONS } from "../../formats/languages.ts";
import { type LayerNode, quantizationOf } from "../../layers/define.ts";
import { layersInOrder } from "../layer-order.ts";
import { instanceName } from "../node.ts";
import { allNodes, isList } from "../walk.ts";
import { mayKeepVocabulary } from "./vocabulary.ts";

/** The class under which Keras counts a layer. A file may say `Model` for what is a Functional. */
function countedClass(node: LayerNode, today: boolean, classes: Classes): string {
  const named = node.raw === null ? undefined : classes.get(node.raw);
  if (named !== undefined) return instanceName(named);
  const own = node.class === "Model" ? "Functional" : node.class;
  return instanceName(today ? (node.def?.ownName ?? node.def?.class ?? own) : own);
}

/** A layer, and where a file may hold it. */
export interface TreePlace {
  readonly node: LayerNode;
  /** Where the layer is, or would be: the first path holds it. */
  readonly paths: readonly string[];
}

const NONE: ReadonlySet<string> = new Set();
type Classes = NonNullable<Archive["classes"]>;
const NO_CLASSES: Classes = new Map();

/** The paths by the class that they are named for: `layers/dense` has `layers/dense` and `layers/dense_2`, in that order. */
function byClass(paths: ReadonlySet<string>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  const numberOf = (path: string): number => Number(/_([0-9]{1,9})$/.exec(path)?.[1] ?? 0);
  for (const path of paths) {
    for (const owner of new Set([path, path.replace(/_[0-9]{1,9}$/, "")])) {
      addTo(found, owner, path);
    }
  }
  for (const [owner, list] of found)
    list.sort((a, b) => (a === owner ? 0 : numberOf(a)) - (b === owner ? 0 : numberOf(b)));
  return found;
}

/** Groups without arrays or vocabularies are not seen: where only the order of the numbers tells, their layers do not count. */
const isSeen = (node: LayerNode): boolean =>
  [...allNodes(node)].some(
    (one) => one.def === null || one.quantised || one.weights.size > 0 || mayKeepVocabulary(one),
  );

const CONTAINERS: readonly string[] = ["layers", "_layer_checkpoint_dependencies", "_layers", "_operations"];

/**
 * Every layer below `root` with the paths that may hold its weights. A layer met twice is written at its first meeting;
 * in Keras 3 the repeat still uses up a name, and layers that are gone are counted as what they are today. tf.keras makes
 * a group for every layer, but in 2.13 it counts those with weights twice: there only the order of the numbers tells. Of the
 * paths that a layer may have, those are kept that are in `exists`, or the first: all of them would be as many as a
 * power of the depth of nested models.
 */
export function treePlaces(
  root: LayerNode,
  today: boolean,
  exists: ReadonlySet<string> = NONE,
  classes = NO_CLASSES,
): readonly TreePlace[] {
  const places: TreePlace[] = [];
  const seen = new Set<LayerNode>();
  const numbered = byClass(today ? NONE : exists);
  const join = (paths: readonly string[], ends: readonly string[]): string[] =>
    ends.flatMap((end) => paths.map((path) => [path, end].filter((part) => part !== "").join("/")));
  const visit = (node: LayerNode, candidates: readonly string[]): void => {
    if (seen.has(node)) return;
    seen.add(node);
    const present = candidates.filter((path) => path === "" || exists.has(path));
    const paths = present.length > 0 ? present : candidates.slice(0, 1);
    places.push({ node, paths });
    for (const [attribute, children] of node.children) {
      const child = node.def?.children?.[attribute];
      const { olderPath: older = attribute, otherPaths = [] } = child === "option" || child === undefined ? {} : child;
      const olderPath = typeof older === "string" ? older : older(children[0]!);
      const own = EDITIONS[node.semantics].hasTodaysPaths ? [attribute, olderPath] : [olderPath, attribute];
      const names = [...new Set([...own, ...otherPaths])];
      if (!isList(node, attribute)) {
        visit(children[0]!, join(paths, names));
        continue;
      }
      const used = new Map<string, number>();
      const ordered = node.options.has("input_layers") ? layersInOrder(node) : children;
      for (const item of ordered) {
        if (item.def?.kind === "operation") continue;
        if (seen.has(item) && !today) continue;
        const ownersOf = (name: string): readonly string[] =>
          join(
            paths,
            (attribute === "layers" ? CONTAINERS : names).map((container) => `${container}/${name}`),
          );
        // Files of our own name what has been renamed since by its name of today.
        const own = countedClass(item, today, classes);
        const name =
          [own, countedClass(item, true, NO_CLASSES)].find((one) => ownersOf(one).some((path) => exists.has(path))) ??
          own;
        const n = used.get(name) ?? 0;
        if (today || isSeen(item)) used.set(name, n + 1);
        const owners = ownersOf(name);
        visit(
          item,
          owners.map((owner) => numbered.get(owner)?.[n] ?? (n === 0 ? owner : `${owner}_${n}`)),
        );
      }
    }
  };
  visit(root, [""]);
  return places;
}

/** A layer's own arrays by sub-path, in stored order: as declared, those that training moves first where nothing is quantised. */
export function ownGroups(node: LayerNode): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>([["", []]]);
  const names = [...node.weights.keys()];
  const isQuantised = quantizationOf(node.config) !== null;
  const frozen = (name: string): boolean => !isQuantised && node.def?.weights?.[name]?.trainable === false;
  for (const name of [...names.filter((n) => !frozen(n)), ...names.filter(frozen)]) {
    const slash = name.lastIndexOf("/");
    const group = slash < 0 ? "" : name.slice(0, slash);
    addTo(groups, group, name);
  }
  return groups;
}
