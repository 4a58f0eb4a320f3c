/** From an archive to a model: its layers as plain data, its weights bound to what the file stores. */
import type { JsonNode, JsonObject } from "../codecs/json.ts";
import { isFloat } from "../core/dtype.ts";
import { failAll, type Problem } from "../core/error.ts";
import { DEFAULT_LIMITS, type Limits } from "../core/limits.ts";
import type { Semantics } from "../core/semantics.ts";
import type { StoredWeight } from "../core/stored.ts";
import type { Archive } from "../formats/archive.ts";
import { EDITIONS } from "../formats/languages.ts";
import type { LayerNode } from "../layers/define.ts";
import { loadLayers } from "../layers/registry.ts";
import type { Supplied } from "../layers/custom.ts";
import { rootObject } from "./root-object.ts";
import { NAMINGS } from "./naming/index.ts";
import type { KeptArrays } from "./naming/types.ts";
import { type NodeReader, readNode } from "./node.ts";
import { type Compute, policyWarnings } from "./policy.ts";
import { SharedLayers } from "./shared-layers.ts";
import { allNodes } from "./walk.ts";
import type { Initialise } from "./weight.ts";

/** A model as plain data. */
export interface ModelData {
  readonly root: LayerNode;
  /** Where it came from; null when it was built in code. */
  readonly archive: Archive | null;
  /** Whether there are values for the weights. */
  readonly hasWeights: boolean;
  readonly unknownWeights: KeptArrays;
  /** What was read with a reservation. */
  readonly warnings: readonly Problem[];
  /** Whether config or weights are no longer those of `archive`. */
  readonly isEdited?: true;
  /** In the place of the archive's, once the model has been trained here. */
  readonly training?: Learned;
  /** What float32 weights are written as. */
  readonly storedAs?: "float16";
  /** How its file was read: so another form of it is to be read. */
  readonly reading?: Omit<BindOptions, "limits">;
}

/** What training leaves beside the weights, in the words and the order of Keras 3. */
export interface Learned {
  /** `compile_config` */
  readonly config: JsonObject;
  readonly optimizer: readonly StoredWeight[];
}

/** How an archive is read. */
export interface BindOptions {
  readonly limits?: Limits;
  /** What the caller gives for classes and functions that keraport does not know. */
  readonly supplied?: Supplied | undefined;
  /** Runs layers of any float policy in float32; without it they are refused. */
  readonly compute?: Compute | undefined;
}

/** The first `dim_ordering` of a config. */
function dimOrderingIn(raw: JsonObject): string | null {
  const open: JsonNode[] = [raw];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node instanceof Map) {
      const found = node.get("dim_ordering");
      if (typeof found === "string") return found;
      open.push(...[...node.values()].reverse());
    } else if (Array.isArray(node)) for (let i = node.length - 1; i >= 0; i--) open.push(node[i]!);
  }
  return null;
}

/** Loads the layers that a config of some generation names, for `readModel`. */
export function loadFor(config: JsonNode, semantics: Semantics): Promise<void> {
  return loadLayers(config, EDITIONS[semantics].trainableMarksLayers);
}

/** Reads a model's layers from its serialised root, which are loaded. Throws everything that is damaged in it, together. */
export function readModel(
  raw: JsonObject,
  about: Pick<NodeReader, "semantics" | "backend" | "taken"> & {
    readonly initialise: Initialise | null;
    /** A layer that is to stand in models: paths inside it begin with its name. */
    readonly isLayer?: true;
  },
  options: BindOptions = {},
  instead = new Map<string, readonly string[]>(),
  shared = new SharedLayers(),
): LayerNode {
  const reader: NodeReader = {
    semantics: about.semantics,
    backend: about.backend,
    initialise: about.initialise,
    dimOrdering: dimOrderingIn(raw),
    limits: options.limits ?? DEFAULT_LIMITS,
    supplied: options.supplied,
    problems: [],
    compute: options.compute ?? null,
    instead,
    shared,
    open: new Set(),
    taken: about.taken,
    copies: new Map(),
    count: 0,
  };
  const depth = about.isLayer === true ? 1 : 0;
  const root = readNode(raw, reader, { path: "", scope: "", depth, trainable: true, calls: [], stored: true });
  failAll(reader.problems);
  return root;
}

const CASTS: ReadonlySet<string> = new Set([
  "float16",
  "bfloat16",
  "float64",
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
]);

/** Stored dtypes that are not the layer's own: exact or near casts are told, the rest refused. */
function checkDTypes(root: LayerNode, file: string): { warnings: Problem[]; problems: Problem[] } {
  const warnings: Problem[] = [];
  const problems: Problem[] = [];
  for (const node of allNodes(root)) {
    for (const weight of node.weights.values()) {
      for (const stored of weight.source) {
        if (stored.dtype === weight.dtype) continue;
        const problem = { file, path: stored.key, expected: weight.dtype, found: stored.dtype } as const;
        if (CASTS.has(stored.dtype) || (isFloat(stored.dtype) && isFloat(weight.dtype)))
          warnings.push({ code: "mismatch/dtype", ...problem, message: `read as ${weight.dtype}` });
        else problems.push({ code: "mismatch/dtype", ...problem });
      }
    }
  }
  return { warnings, problems };
}

/** Binds an archive. Throws every problem of weights that are missing, extra, or of a dtype that no layer takes. */
export async function bind(stored: Archive, options: BindOptions = {}): Promise<ModelData> {
  if (stored.config === null) {
    const root = (await import("./weights-alone.ts")).weightsAlone(stored);
    return { root, archive: stored, hasWeights: true, unknownWeights: new Map(), warnings: stored.warnings };
  }
  const { supplied, compute } = options;
  const about = { semantics: stored.semantics, backend: stored.writer.backend, initialise: null };
  const instead = new Map<string, readonly string[]>();
  let shared: SharedLayers;
  const read = async (config: JsonNode, looks = true): Promise<LayerNode> => {
    instead.clear();
    shared = new SharedLayers(looks);
    await loadFor(config, stored.semantics);
    return readModel(rootObject(config), about, options, instead, shared);
  };
  let root = await read(stored.config.root);
  let archive = stored;
  let ofClasses: readonly Problem[] = [];
  if ([...allNodes(root)].some(({ def }) => def === null)) {
    ({ archive, warnings: ofClasses } = (await import("./own-models.ts")).withPlainModels(stored, supplied));
    if (archive !== stored) root = await read(archive.config!.root);
  }
  const reading = { supplied, compute };
  const told = [...archive.warnings, ...ofClasses, ...policyWarnings(instead)];
  const edited = (isOther: boolean) => (isOther ? { isEdited: true as const } : {});
  if (archive.naming === "none")
    return {
      root,
      archive,
      hasWeights: false,
      unknownWeights: new Map(),
      warnings: told,
      reading,
      ...edited(archive !== stored),
    };
  const naming = await NAMINGS[archive.naming]();
  let assigned = naming.read(root, archive);
  if (assigned.problems.length > 0 && shared!.isFound) {
    // Where two layers only look alike, the file has the weights of both.
    const apart = await read(archive.config!.root, false);
    const again = naming.read(apart, archive);
    if (again.problems.length === 0) [root, assigned] = [apart, again];
  }
  // What is not known is said first: what is left over is often its weights.
  if (assigned.problems.length > 0)
    failAll([...allNodes(root)].flatMap((node) => node.problems).concat(assigned.problems));
  const { warnings, problems } = checkDTypes(root, archive.file);
  failAll(problems);
  const hasLearned = [...allNodes(root)].some(({ def }) => def?.writing?.learned !== undefined);
  const isSettled = hasLearned && (await (await import("./learned.ts")).settle(root));
  const all = [...told, ...(assigned.warnings ?? []), ...warnings];
  const isTfjs = archive.format === "tfjs-layers" && archive.optimizer.length > 0;
  const bound = isTfjs ? (await import("./tfjs-optimizer.ts")).inWeightOrder(root, archive) : archive;
  return {
    root,
    archive: bound,
    hasWeights: true,
    unknownWeights: assigned.unknown,
    warnings: all,
    reading,
    ...edited(archive !== stored || isSettled),
  };
}
