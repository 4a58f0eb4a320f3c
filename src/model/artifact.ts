/** From a model back to what exporters write: its config in one dialect and its weights under every naming. */
import { type JsonDocument, type JsonNode, type JsonObject, PYTHON_STYLE } from "../codecs/json.ts";
import type { NumericArray } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import type { StoredWeight } from "../core/stored.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Archive, Artifact, Dialect, FlatGroup, OutWeight, TreeGroup } from "../formats/archive.ts";
import { LANGUAGES } from "../formats/languages.ts";
import type { LayerNode, ReferenceTypes, Weight } from "../layers/define.ts";
import { type ModelData, readModel, rootObject } from "./bind.ts";
import { replaceActivation, scaleColumns, scaledColumns } from "./hard-sigmoid.ts";
import { sharedLayers, translate } from "./translate.ts";
import { listInOrder } from "./layer-order.ts";
import { isOpaque } from "./assign-tree.ts";
import { newNames, renamed } from "./layer-names.ts";
import { ownGroups, treePlaces } from "./tree-naming.ts";
import { wholeOperations } from "./whole-operations.ts";
import { castTensor } from "./weight.ts";
import { allNodes, isList, topLayers } from "./walk.ts";

const PIECE = 1 << 22;

async function* bytesOf(read: () => Promise<Tensor>): AsyncIterable<Uint8Array> {
  const { data } = await read();
  const array = data as NumericArray;
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

type Change = (value: Tensor) => Tensor;

/** A weight to write; as stored, where neither a step nor somebody has changed it. */
function outWeight(variable: string, weight: Weight, { storedAs }: ModelData, change?: Change): OutWeight {
  const stored = weight.source[0];
  const asStored = stored !== undefined && weight.recipe === null && weight.changed === 0 && change === undefined;
  if (asStored) return { variable, dtype: stored.dtype, shape: stored.shape, stored, slices: () => stored.slices() };
  if (weight.shape === null)
    return fail("mismatch/missing-weights", {
      path: weight.path,
      message: "the weight has no shape until the model has been run once",
    });
  const dtype = weight.dtype === "float32" ? (storedAs ?? "float32") : weight.dtype;
  const read = async () => castTensor((change ?? ((value) => value))(await weight.read()), dtype);
  return { variable, dtype, shape: weight.shape, slices: () => bytesOf(read) };
}

const asStored = (stored: StoredWeight): OutWeight => ({
  variable: stored.name,
  dtype: stored.dtype,
  shape: stored.shape,
  stored,
  slices: () => stored.slices(),
});

/** Weights of the written tree of layers, by path, from the model they belong to. */
type Lookup = (node: LayerNode, name: string) => OutWeight;

function treeGroups(root: LayerNode, out: Lookup, data: ModelData): readonly TreeGroup[] {
  const { naming } = data.archive ?? { naming: "none" };
  return treePlaces(root, true).flatMap(({ node, paths }): readonly TreeGroup[] => {
    const path = paths[0]!;
    const kept = data.unknownWeights.get(node) ?? [];
    if (kept.length > 0 && naming !== "tree" && (node.def !== null || node.quantised)) refuseRenaming(node);
    if (isOpaque(node)) return unknownGroups(node, path, kept, naming === "tree");
    return [...ownGroups(node)].map(([sub, names]) => ({
      path: [path, sub].filter((part) => part !== "").join("/"),
      name: sub === "" ? node.name : sub.slice(sub.lastIndexOf("/") + 1),
      weights: names.map((name) => out(node, name)),
    }));
  });
}

function refuseRenaming(node: LayerNode): never {
  return fail("unsupported/translation", {
    path: node.path,
    message: "which order the weights of this layer have in the other format cannot be told from the file",
    found: node.class,
  });
}

/** An unknown layer's arrays keep their groups; from a flat file they make one group, in order. */
function unknownGroups(
  node: LayerNode,
  path: string,
  stored: readonly StoredWeight[],
  sameFamily: boolean,
): readonly TreeGroup[] {
  if (!sameFamily) {
    const inner = stored.find((w) => w.name.slice(w.name.lastIndexOf(`${node.name}/`)).split("/").length > 2);
    if (inner !== undefined)
      fail("unsupported/translation", {
        path: node.path,
        message: "the weights of layers inside an unknown layer have no known place in this format",
        found: inner.name,
      });
    return [{ path, name: node.name, weights: stored.map(asStored) }];
  }
  const groups = new Map<string, StoredWeight[]>();
  for (const weight of stored) groups.set(weight.group, [...(groups.get(weight.group) ?? []), weight]);
  return [...groups].map(([group, weights]) => ({ path: group, name: null, weights: weights.map(asStored) }));
}

/**
 * An unknown layer's arrays with the names of a flat file, where they may be written as they are: its trainable ones come
 * before the others, and which they are nobody can tell. So those of one group, with nothing behind them on either side.
 */
function unknownFlat(node: LayerNode, data: ModelData, isLast: boolean, suffix: string): FlatGroup["weights"] {
  const stored = data.unknownWeights.get(node) ?? [];
  const several = new Set(stored.map((w) => w.group)).size > 1;
  if (stored.length > 0 && (!isLast || several || node.quantised)) refuseRenaming(node);
  return stored.map((w, i) => ({ ...asStored(w), name: `${node.path}/variable_${i}${suffix}` }));
}

/** The arrays as the file has them: of a model that nothing has changed, Theano's and CuDNN's layouts included. */
function storedGroups(root: LayerNode, { weights }: Archive): readonly FlatGroup[] {
  const groups = new Map<string, FlatGroup["weights"][number][]>();
  for (const weight of weights) {
    const group = groups.get(weight.group) ?? [];
    groups.set(weight.group, [...group, { ...asStored(weight), name: weight.name }]);
  }
  const layers = topLayers(root).filter(({ def }) => def?.kind !== "operation");
  return layers.map(({ name }) => ({ layer: name, weights: groups.get(name) ?? [] }));
}

function flatGroups(root: LayerNode, out: Lookup, data: ModelData, suffix: string): readonly FlatGroup[] {
  return topLayers(root)
    .filter((layer) => layer.def?.kind !== "operation")
    .map((layer): FlatGroup => {
      const whole = data.archive?.naming === "flat" ? data.unknownWeights.get(layer) : undefined;
      if (whole !== undefined)
        return { layer: layer.name, weights: whole.map((w) => ({ ...asStored(w), name: w.name })) };
      const nodes = [...allNodes(layer)];
      const groups = [true, false].map((trainable) =>
        nodes.map((node) => ({
          node,
          names: [...node.weights].filter(([, w]) => w.trainable === trainable).map(([name]) => name),
        })),
      );
      const known = groups.map((group) =>
        group.map(({ node, names }) =>
          names.map((name) => ({ ...out(node, name), name: `${node.path}/${name}${suffix}` })),
        ),
      );
      nodes.forEach((node, i) => {
        if (!isOpaque(node)) return;
        const isLast = known[1]!.every((weights) => weights.length === 0) && known[0]!.slice(i + 1).flat().length === 0;
        known[0]![i] = [...unknownFlat(node, data, isLast, suffix)];
      });
      return { layer: layer.name, weights: known.flat(2) };
    });
}

/** Layers of a translated model with those they come from: by attribute, in lists by name. */
function pair(
  source: LayerNode,
  target: LayerNode,
  into: Map<LayerNode, LayerNode>,
  names: ReadonlyMap<LayerNode, string>,
): void {
  if (source.def !== target.def || into.has(target)) return;
  into.set(target, source);
  for (const [attribute, children] of target.children) {
    const other = source.children.get(attribute);
    if (other === undefined) continue;
    const byName = new Map(other.map((one) => [names.get(one) ?? one.name, one]));
    for (const one of children) {
      const from = isList(target, attribute) ? byName.get(one.name) : other[0];
      if (from !== undefined) pair(from, one, into, names);
    }
  }
}

export interface ArtifactOptions {
  /** Default: the model's own generation. */
  readonly dialect?: Dialect | undefined;
  /** For a file that no Keras 2 reads but tf-keras, on TensorFlow. */
  readonly tfKeras?: boolean;
  /** What the references in calls mean, which Keras 3 writes. */
  readonly references?: ReferenceTypes | undefined;
}

/** The layers that are written, the config they come from, and for each of their weights what to write. */
export interface Written {
  readonly artifact: Artifact;
  /** Read back from the written config; the model's own where the dialect is unchanged. */
  readonly root: LayerNode;
  readonly translated: boolean;
  /** The layers without equivalents in the place of some: for comparing what the two generations compute. */
  plain(): LayerNode;
}

/** Whether tf-keras means something else by a Keras 2 config, or keeps its weights in another layout (CuDNN's). */
function isForeign({ archive, root }: ModelData): boolean {
  if (archive?.dialect !== "keras2") return false;
  if (archive.semantics !== "tf-keras") return true;
  return archive.naming === "flat" && [...allNodes(root)].some((n) => [...n.weights.values()].some((w) => w.recipe));
}

/** Whether a model made in code has layers of older generations. */
const isMixed = ({ archive, root }: ModelData): boolean =>
  archive === null && [...allNodes(root)].some(({ semantics }) => semantics !== root.semantics);

/** Prepares a model for writing. Throws `unsupported/translation` for what another dialect cannot say. */
export function toArtifact(data: ModelData, options: ArtifactOptions = {}): Written {
  const { archive } = data;
  const own: Dialect = archive?.dialect ?? "keras3";
  const dialect = options.dialect ?? own;
  const training = archive?.training ?? null;
  const optimizer = archive?.optimizer ?? [];
  if (dialect === own && !(options.tfKeras === true && isForeign(data)) && !isMixed(data)) {
    const root = data.root;
    const semantics = archive?.semantics ?? "keras3";
    const out: Lookup = (node, name) => outWeight(name, node.weights.get(name)!, data);
    const touched = [...allNodes(root)].some((node) => [...node.weights.values()].some((w) => w.changed > 0));
    const config: JsonDocument = archive?.config ?? { root: root.raw, style: PYTHON_STYLE };
    const whole = () =>
      dialect === "keras3" && root.raw?.get("config") !== undefined ? wholeOperations(root) : rootObject(config.root);
    const named: JsonDocument = archive?.config === null ? config : { ...config, root: whole() };
    return {
      artifact: artifactOf(
        {
          dialect,
          semantics,
          config: named,
          training,
          optimizer,
          origin: archive,
          untouched: archive !== null && !touched && data.isEdited !== true,
          changes: [],
        },
        root,
        out,
        data,
      ),
      root,
      translated: false,
      plain: () => root,
    };
  }
  if (dialect === "keras1") return fail("unsupported/translation", { message: "models are not translated to Keras 1" });
  const { semantics } = LANGUAGES[dialect];
  const names = dialect === "keras3" ? newNames(data.root) : new Map<LayerNode, string>();
  const replace = (node: LayerNode) => replaceActivation(node, dialect, names.get(node) ?? node.name);
  const translation = { to: dialect, names, references: options.references, shared: sharedLayers(data.root) };
  const about = { semantics, backend: "tensorflow", initialise: null };
  const read = (raw: JsonObject) => {
    // What stands in a layer's place changes how deep the others lie.
    listInOrder(readModel(raw, about, data.reading));
    const root = readModel(raw, about, data.reading);
    const sources = new Map<LayerNode, LayerNode>();
    pair(data.root, root, sources, names);
    for (const [node, source] of sources)
      for (const [name, weight] of node.weights) weight.shape ??= source.weights.get(name)?.shape ?? null;
    return { root, sources };
  };
  const raw = translate(data.root, { ...translation, replace });
  const { root, sources } = read(raw);
  const out: Lookup = (node, name) => {
    const source = sources.get(node);
    const weight = source?.weights.get(name);
    if (source === undefined || weight === undefined) {
      return fail("unsupported/translation", {
        path: `${node.path}/${name}`,
        message: "no weight of the model goes here",
      });
    }
    const ranges = scaledColumns(source, dialect).get(name);
    return outWeight(name, weight, data, ranges && ((value) => scaleColumns(value, ranges, dialect)));
  };
  for (const node of allNodes(data.root)) scaledColumns(node, dialect);
  const config: JsonDocument = { root: raw as JsonNode, style: PYTHON_STYLE };
  return {
    artifact: artifactOf(
      {
        dialect,
        semantics,
        config,
        training,
        optimizer,
        origin: archive,
        untouched: false,
        changes: [...renamed(names)],
      },
      root,
      out,
      data,
    ),
    root,
    translated: true,
    plain: () => read(translate(data.root, { ...translation, plain: true })).root,
  };
}

function artifactOf(
  head: Omit<Artifact, "tree" | "flat" | "weightCount">,
  root: LayerNode,
  out: Lookup,
  data: ModelData,
): Artifact {
  const suffix = LANGUAGES[head.dialect].variableSuffix;
  const weightless = !data.hasWeights;
  const unknown = [...data.unknownWeights.values()].reduce((sum, weights) => sum + weights.length, 0);
  const known = [...allNodes(root)].reduce((sum, node) => sum + node.weights.size, 0);
  return {
    ...head,
    weightCount: weightless ? 0 : known + unknown,
    get tree() {
      return weightless ? [] : treeGroups(root, out, data);
    },
    get flat() {
      if (weightless) return [];
      const { origin, untouched } = head;
      return untouched && origin?.naming === "flat" && origin.format !== "tfjs-layers"
        ? storedGroups(root, origin)
        : flatGroups(root, out, data, suffix);
    },
  };
}
