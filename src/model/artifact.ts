/** From a model back to what exporters write: its config in one dialect and its weights under every naming. */
import type { SpeltCalls } from "./spelt.ts";
import { leftOut } from "./added-losses.ts";
import { type JsonDocument, type JsonNode, type JsonObject, PYTHON_STYLE } from "../codecs/json.ts";
import type { NumericArray } from "../core/dtype.ts";
import { fail, placed, type Problem, rethrowing } from "../core/error.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Archive, Artifact, Dialect, NamedOutWeight, OutWeight, WeightGroup } from "../formats/archive.ts";
import { asFloat32 } from "../formats/float32.ts";
import { LANGUAGES } from "../formats/languages.ts";
import type { LayerNode, ReferenceTypes, Weight } from "../layers/define.ts";
import type { Shape } from "../ops/types.ts";
import { loadFor, type ModelData, readModel } from "./bind.ts";
import { rootObject } from "./root-object.ts";
import { replaceActivation, scaleColumns, scaledColumns } from "./hard-sigmoid.ts";
import { writtenAs } from "./sole.ts";
import { sharedLayers, translate } from "./translate.ts";
import { listInOrder } from "./layer-order.ts";
import { newNames, renamed } from "./layer-names.ts";
import { allNamings } from "./naming/index.ts";
import type { Writing } from "./naming/types.ts";
import { wholeOperations } from "./whole-operations.ts";
import { withDType } from "../core/cast.ts";
import { allNodes, isList } from "./walk.ts";

const PIECE = 1 << 22;

async function* bytesOf(read: () => Promise<Tensor>): AsyncIterable<Uint8Array> {
  const { data } = await read();
  const array = data as NumericArray;
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

/** HDF5 has no bfloat16, and only in the tree does Keras 3 mark it: what lies elsewhere as Keras writes it, none reads. */
function readable(group: WeightGroup): WeightGroup {
  const weights = group.weights.map(({ stored, ...weight }): NamedOutWeight =>
    weight.dtype === "bfloat16" ? asFloat32(weight) : { ...weight, ...(stored && { stored }) },
  );
  return { ...group, weights };
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
  const read = async () => withDType((change ?? ((value) => value))(await weight.read()), dtype);
  return { variable, dtype, shape: weight.shape, slices: () => bytesOf(read) };
}

/** Weights of the written tree of layers, by path, from the model they belong to. */
type Lookup = Writing["out"];

/** Layers of a translated model with those they come from: by attribute, in lists by name. */
function pair(
  source: LayerNode,
  target: LayerNode,
  into: Map<LayerNode, LayerNode>,
  names: ReadonlyMap<LayerNode, string>,
  dialect: Dialect,
): void {
  if (source.def !== target.def || into.has(target)) return;
  into.set(target, source);
  for (const [attribute, children] of target.children) {
    const other = source.children.get(attribute);
    if (other === undefined) continue;
    const written = other.map((one) => writtenAs(one, dialect));
    const byName = new Map(written.map((one) => [names.get(one) ?? one.name, one]));
    for (const one of children) {
      const from = isList(target, attribute) ? byName.get(one.name) : written[0];
      if (from !== undefined) pair(from, one, into, names, dialect);
    }
  }
}

/** What a model is to become. */
export interface ArtifactOptions {
  /** Default: the model's own generation. */
  readonly dialect?: Dialect | undefined;
  /** For a file that no Keras 2 reads but tf-keras, on TensorFlow. */
  readonly tfKeras?: boolean;
  /** What the references in calls mean, which Keras 3 writes, and by which its operations become functions. */
  readonly references?: ReferenceTypes | undefined;
  /** Calls of functions and operations spelt out, for a generation that has no word for some. */
  readonly spelt?: SpeltCalls | undefined;
  /** Paths of layers that are spelt out though there is a word for them. */
  readonly apart?: ReadonlySet<string>;
  /** What each layer was built on, which Keras 3 writes of layers that it does not call when it reads them. */
  readonly built?: ReadonlyMap<LayerNode, readonly Shape[]> | undefined;
}

/** The layers that are written, the config they come from, and for each of their weights what to write. */
export interface Written {
  readonly artifact: Artifact;
  /** Read back from the written config; the model's own where the dialect is unchanged. */
  readonly root: LayerNode;
  readonly translated: boolean;
  /** Paths of calls that are written in other words, and of those in their place. */
  readonly said: ReadonlyMap<string, readonly string[]>;
  /** The layers without equivalents in the place of some: for comparing what the two generations compute. */
  plain(): LayerNode;
}

/** Whether who reads the language today (tf-keras) means something else by the config, or has another layout of weights (CuDNN's). */
function isForeign({ archive, root }: ModelData): boolean {
  const { semantics } = LANGUAGES[archive?.dialect ?? "keras3"];
  if (archive === null || semantics === null) return false;
  if (archive.semantics !== semantics) return true;
  return archive.naming === "flat" && [...allNodes(root)].some((n) => [...n.weights.values()].some((w) => w.recipe));
}

/** Whether a model made in code has layers of older generations. */
const isMixed = ({ archive, root }: ModelData): boolean =>
  archive === null && [...allNodes(root)].some(({ semantics }) => semantics !== root.semantics);

/** What cannot be read in the language that it was translated to, that generation does not take. */
const refusedThere = (problem: Problem, title: string): Problem =>
  problem.code === "malformed/config"
    ? { ...problem, code: "unsupported/translation", message: `${title} takes no such value` }
    : problem;

/** The lines for `changed`. */
const plainLines = (archive: Archive | null): string[] =>
  [...(archive?.classes ?? [])].map(([object, own]) => `class ${own}: written as ${object.get("class_name")}`);

/** Prepares a model for writing. Throws `unsupported/translation` for what another dialect cannot say. */
export async function toArtifact(data: ModelData, options: ArtifactOptions = {}): Promise<Written> {
  const { archive } = data;
  const namings = await allNamings();
  const own: Dialect = archive?.dialect ?? "keras3";
  const dialect = options.dialect ?? own;
  const training = data.training?.config ?? archive?.training ?? null;
  const optimizer = data.training?.optimizer ?? archive?.optimizer ?? [];
  const isTrained = data.training !== undefined;
  const hasLearned = [...allNodes(data.root)].some(({ learned }) => learned !== undefined);
  if (dialect === own && !(options.tfKeras === true && isForeign(data)) && !isMixed(data) && !hasLearned) {
    const root = data.root;
    const semantics = archive?.semantics ?? "keras3";
    const out: Lookup = (node, name) => outWeight(name, node.weights.get(name)!, data);
    const touched = [...allNodes(root)].some((node) => [...node.weights.values()].some((w) => w.changed > 0));
    const config: JsonDocument = archive?.config ?? { root: root.raw, style: PYTHON_STYLE };
    const whole = () =>
      LANGUAGES[dialect].hasOperations && root.raw?.get("config") !== undefined
        ? wholeOperations(root)
        : rootObject(config.root);
    const named: JsonDocument = archive?.config === null ? config : { ...config, root: whole() };
    return {
      artifact: artifactOf(
        {
          dialect,
          semantics,
          config: named,
          training,
          optimizer,
          isTrained,
          origin: archive,
          untouched: archive !== null && !touched && !isTrained && data.isEdited !== true,
          changes: plainLines(archive),
        },
        root,
        out,
        data,
        namings,
      ),
      root,
      translated: false,
      said: new Map(),
      plain: () => root,
    };
  }
  const language = LANGUAGES[dialect];
  const { semantics, title } = language;
  if (semantics === null) return fail("unsupported/translation", { message: `models are not translated to ${title}` });
  const names = newNames(data.root, language);
  const replace = (node: LayerNode) => replaceActivation(node, dialect, names.get(node) ?? node.name);
  const { references, built, spelt, apart } = options;
  const said = new Map<string, readonly string[]>();
  const translation = { to: dialect, spelt, apart, said, names, references, built, shared: sharedLayers(data.root) };
  const about = { semantics, backend: "tensorflow", initialise: null };
  const read = (raw: JsonObject) => {
    // What stands in a layer's place changes how deep the others lie.
    listInOrder(rethrowing(() => readModel(raw, about, data.reading), (error) => placed(error, (p) => refusedThere(p, title)))); // prettier-ignore
    const root = readModel(raw, about, data.reading);
    const sources = new Map<LayerNode, LayerNode>();
    pair(data.root, root, sources, names, dialect);
    for (const [node, source] of sources)
      for (const [name, weight] of node.weights) weight.shape ??= source.weights.get(name)?.shape ?? null;
    return { root, sources };
  };
  const raw = translate(data.root, { ...translation, replace });
  await loadFor(raw, semantics);
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
        isTrained,
        origin: archive,
        untouched: false,
        changes: [...plainLines(archive), ...renamed(names, language), ...leftOut(data.root, dialect)],
      },
      root,
      out,
      data,
      namings,
    ),
    root,
    translated: true,
    said,
    plain: () => read(translate(data.root, { ...translation, plain: true })).root,
  };
}

function artifactOf(
  head: Omit<Artifact, "groups" | "weightCount" | "addedMetrics">,
  root: LayerNode,
  out: Lookup,
  { archive, hasWeights: isFilled, unknownWeights: unknown }: ModelData,
  namings: Awaited<ReturnType<typeof allNamings>>,
): Artifact {
  const { origin, untouched, dialect } = head;
  const writing: Writing = {
    root,
    out,
    suffix: LANGUAGES[dialect].variableSuffix,
    unknown,
    naming: archive?.naming ?? null,
    // What comes from TensorFlow.js is written as another Keras's file, where the arrays may lie otherwise.
    untouched: untouched && origin?.format !== "tfjs-layers" ? origin : null,
  };
  const kept = [...unknown.values()].reduce((sum, weights) => sum + weights.length, 0);
  const known = new Set([...allNodes(root)].flatMap((node) => [...node.weights.values()])).size;
  const hasWeights = isFilled || known === 0;
  return {
    ...head,
    weightCount: hasWeights ? known + kept : 0,
    addedMetrics: [...allNodes(root)].filter(({ def }) => def?.calls?.onlyTrains === "metric").length,
    groups: (naming) => {
      const groups = (hasWeights && naming !== "none" && namings[naming].write?.(writing)) || [];
      const isMarked = naming === "paths" || (naming === "tree" && LANGUAGES[dialect].marksBfloat16);
      return isMarked ? groups : groups.map(readable);
    },
  };
}
