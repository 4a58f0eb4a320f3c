/** Writes a model in any format, translated where the format or the caller asks for another generation's language. */
import { concatBytes } from "../core/bytes.ts";
import { fail, failAll, FormatError, type Problem } from "../core/error.ts";
import { EXPORTERS, exporterOf, formatOfName } from "../exporters/index.ts";
import type { ExportedGraph, ExporterRow, GraphExporter, GraphOptions, TracedLayers } from "../exporters/types.ts";
import { ownNames, type Unknown, unknownNames } from "../exporters/names.ts";
import { writtenConfig } from "../exporters/written-by.ts";
import { nearestOf, type OptionKinds, readOptions } from "../core/guard.ts";
import {
  type Artifact,
  type Dialect,
  DIALECTS,
  type Exported,
  type FormatId,
  type OutputFile,
} from "../formats/archive.ts";
import { LANGUAGES } from "../formats/languages.ts";
import { type Comparison, compareMeanings } from "../graph/compare.ts";
import type { Parting } from "../graph/differences.ts";
import { lower } from "../graph/lower.ts";
import { trace, type Traced } from "../graph/trace.ts";
import type { LayerNode } from "../layers/define.ts";
import type { ModelData } from "../model/bind.ts";
import { type ArtifactOptions, toArtifact, type Written } from "../model/artifact.ts";
import { isOfApplication } from "../layers/registry.ts";
import { allNodes, inputsOf, weightsInOrder } from "../model/walk.ts";
import type { Graph } from "../ops/types.ts";
import { type InputShapes, readShapeSets } from "./inputs.ts";
import type { TensorInfo } from "./info.ts";
import { foldConstants } from "./fold-constants.ts";
import { opensIn } from "./opens.ts";
import { refuseTold } from "./told-shapes.ts";
import { speltCalls } from "./spelt-calls.ts";

/** Options of `save`. */
export interface SaveOptions extends GraphOptions {
  /** An id of `formats`; default: what the target's name says. */
  readonly format?: FormatId;
  /** The generation whose language is written; default: the model's own (`.keras`: Keras 3). `same`: always its own. */
  readonly dialect?: DialectChoice;
  /** Modules and pages: the shapes of inputs that they take, one set or several. Default: the model's own with one sample. */
  readonly shapes?: InputShapes | readonly InputShapes[];
}

/** The generation of Keras that a file is written for. */
export type DialectChoice = Dialect | "same";

/** Options of formats of operations. */
const OPERATION_OPTIONS: OptionKinds<Omit<SaveOptions, "format" | "dialect">> = {
  opset: "number",
  shapes: "object",
  inline: "boolean",
  wasm: "string",
  quantize: "string",
  shardSize: "number",
};

export const SAVE_OPTIONS: OptionKinds<SaveOptions> = { format: "string", dialect: "string", ...OPERATION_OPTIONS };

/** Endings of formats that models are found in, and that are not written. */
const KNOWN: readonly (readonly [ending: string, format: string])[] = [
  [".tflite", "TensorFlow Lite"],
  [".pb", "a TensorFlow SavedModel"],
  [".pt", "PyTorch"],
  [".mlmodel", "Core ML"],
];

/** The format for a target's name, or of an id or an ending as it is asked for: `tfjs`, `h5`. Throws `unsupported/format`. */
export function formatFor(name: string | null, format: string | undefined): FormatId {
  const ids = EXPORTERS.map((exporter) => exporter.id);
  if (format !== undefined) {
    const ending = `.${format.toLowerCase().replace(/^\./, "")}.`;
    const asked = EXPORTERS.find(({ extensions }) =>
      extensions.some((extension) => `${extension}.`.startsWith(ending)),
    );
    const id = ids.find((known) => known === format) ?? asked?.id;
    return (
      id ?? fail("unsupported/format", { expected: `${nearestOf(format, ids)} or an ending of these`, found: format })
    );
  }
  const id = name === null ? null : formatOfName(name);
  if (id !== null) return id;
  const later = KNOWN.find(([ending]) => name?.toLowerCase().endsWith(ending));
  return fail("unsupported/format", {
    ...(later !== undefined && { message: `${later[1]} is known, but not written` }),
    expected: `one of ${ids.join(", ")}`,
    found: `no known ending in ${name ?? "no name"}`,
  });
}

/** What is saved of a model. */
export interface SavedModel {
  readonly data: ModelData;
  readonly traced: Traced | null;
  readonly name: string;
  readonly graph: Graph;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** What keeps it from running. */
  readonly problems: readonly Problem[];
}

/** The model's trace, where its file gives the inputs' shapes. Throws what tracing throws. */
function traceOf({ data: { root }, traced }: SavedModel): Traced | null {
  const specs = inputsOf(root);
  if (root.def === null || specs.some((spec) => spec.shape === null)) return null;
  return traced ?? trace(root);
}

/** How it is told that a translated model does not fit together. */
const GIVES = [
  ["mismatch/", "this layer other sizes"],
  ["malformed/graph", "fewer outputs"],
] as const;

/**
 * What the other generation computes. What does not fit there tells that an earlier layer gives other sizes, or fewer
 * outputs, or that it takes fewer.
 */
function tracedIn(keras: string, root: LayerNode): Traced {
  try {
    return trace(root);
  } catch (error) {
    const gives = error instanceof FormatError ? GIVES.find(([code]) => error.code.startsWith(code)) : undefined;
    if (gives === undefined) throw error;
    const { path, expected, found } = (error as FormatError).problems[0]!;
    return fail("unsupported/translation", { path, expected, found, message: `${keras} gives ${gives[1]}` });
  }
}

/** Compares what both come down to: simplest operations, constants computed. Throws where lengths are not known. */
async function compareSpelt(...graphs: [Graph, Graph]): Promise<Comparison> {
  const [a, b] = await Promise.all(graphs.map((graph) => foldConstants(lower(graph, () => false))));
  return compareMeanings(a!, b!);
}

/**
 * Refuses a translation under which a layer would compute something else, by the layer's name. Gives the lines for
 * `changed`: what differs for a few values only.
 */
async function checkMeaning(own: Traced, { artifact, plain, said }: Written): Promise<readonly string[]> {
  const keras = LANGUAGES[artifact.dialect].title;
  const root = plain();
  const traced = tracedIn(keras, root);
  refuseTold(root, traced, artifact.dialect);
  const other = traced.graph;
  const failing = ({ calls }: Graph) => calls.filter(({ problems }) => (problems?.length ?? 0) > 0);
  const refuse = (path: string, problem?: Problem, parting?: Parting): never =>
    fail("unsupported/translation", {
      ...parting,
      ...problem,
      path,
      message:
        problem === undefined
          ? `${keras} computes this call differently, and no equal can be written`
          : `${keras} does not compute this${problem.message === undefined ? "" : `: ${problem.message}`}`,
    });
  // Keras runs what nobody reads too.
  const before = new Set(failing(own.graph).map((call) => call.path));
  const failed = failing(other).find((call) => !before.has(call.path));
  if (failed !== undefined) refuse(failed.path, failed.problems?.[0]);
  const { different: path, parting, details } = compareMeanings(own.graph, other);
  if (path === null) return details;
  const spelt = await compareSpelt(own.graph, other).catch(() => null);
  if (spelt?.different === null) return spelt.details;
  const whole = compareMeanings(own.graph, other, said);
  if (whole.different === null) {
    const names = [...said.keys()].join(", ");
    return [...whole.details, `${names}: in other words, of which what they read is compared, and not each operation`];
  }
  return refuse(path, failing(other).find((call) => call.path === path)?.problems?.[0], parting?.());
}

/**
 * What a translated config has that its Keras does not know: a class or option of Keras's own is a refusal, what somebody
 * registers is told, as the layers of Keras's own networks are. Gives the lines for `changed`.
 */
function checkNames(
  found: readonly Unknown[],
  own: ReadonlySet<Unknown>,
  { artifact, root }: Written,
): readonly string[] {
  const keras = LANGUAGES[artifact.dialect].title;
  const isApplications = ({ name }: Unknown): boolean =>
    [...allNodes(root)].some(({ def }) => def?.class === name && isOfApplication(def));
  const refused = found.find(
    (one) => (one.kind === "class" && !isApplications(one)) || one.kind === "option" || own.has(one),
  );
  if (refused !== undefined)
    fail("unsupported/translation", {
      path: refused.path,
      message: `${keras} has no such ${refused.kind === "class" ? "layer" : refused.kind}`,
      found: refused.name,
    });
  return found.map(
    ({ kind, name, path }) => `${kind} ${name} of ${path}: not ${keras}'s own, to be given to it by name`,
  );
}

/** A model in other words; calls of a function of which the other generation's word means something else are spelt out. */
async function writtenAlike(
  model: SavedModel,
  options: ArtifactOptions,
): Promise<{ readonly written: Written; readonly lines: readonly string[] }> {
  const nodes = [...allNodes(model.data.root)];
  const functionOf = (node: LayerNode): string => `${node.class} ${String(node.options.get("function"))}`;
  const apart = new Set<string>();
  for (;;) {
    try {
      const written = await toArtifact(model.data, { ...options, apart });
      const own = written.translated ? traceOf(model) : null;
      return { written, lines: own === null ? [] : await checkMeaning(own, written) };
    } catch (error) {
      const path = error instanceof FormatError ? error.problems[0]!.path : undefined;
      const node = nodes.find((one) => one.path === path);
      if (options.spelt === undefined || node === undefined || apart.has(node.path)) throw error;
      // All its calls at once: each round writes and compares the whole model.
      for (const one of nodes) if (functionOf(one) === functionOf(node)) apart.add(one.path);
    }
  }
}

/** A model in the words of its target. */
export interface Prepared {
  readonly artifact: Artifact;
  /** Which Keras opens it. */
  readonly opens: string;
}

/** The artifact for a format, in a file called `target`: `.keras` is Keras 3's own, everything else speaks the model's language unless told otherwise. */
export async function artifactFor(
  model: SavedModel,
  format: FormatId,
  dialect: DialectChoice | undefined,
  target: string,
): Promise<Prepared> {
  const { data } = model;
  if (data.archive?.config === null && format !== "weights-h5") {
    fail("unsupported/no-architecture", {
      file: data.archive.file,
      message: "the file holds weights without an architecture",
    });
  }
  if (!data.hasWeights && format !== "keras-json" && weightsInOrder(data.root).length > 0) {
    fail("mismatch/missing-weights", {
      file: data.archive?.file,
      message: `${format} holds weights, and the model has none: give them beside the architecture`,
    });
  }
  if (dialect !== undefined && dialect !== "same" && !DIALECTS.includes(dialect))
    fail("mismatch/option", { path: "dialect", expected: `one of ${DIALECTS.join(", ")}, same`, found: dialect });
  const wanted = dialect === "same" ? undefined : (dialect ?? (format === "keras-v3" ? "keras3" : undefined));
  const isTyped = wanted !== undefined && (LANGUAGES[wanted].calls === "tensors" || data.archive?.dialect !== wanted);
  const typed = isTyped ? traceOf(model) : null;
  const isOther = wanted !== undefined && wanted !== (data.archive?.dialect ?? "keras3");
  const options = {
    dialect: wanted,
    tfKeras: format === "keras-v3",
    references: typed?.references,
    built: typed?.built,
    ...(typed !== null && isOther && { spelt: await speltCalls(data.root, typed.references) }),
  };
  const { written, lines } = await writtenAlike(model, options);
  const { artifact } = written;
  const found =
    data.archive?.config === null ? [] : await unknownNames(writtenConfig(artifact, format), artifact.dialect);
  const opens = opensIn(written.root, artifact, { format, target, found });
  if (!written.translated) return { artifact, opens };
  artifact.changes.push(...lines);
  artifact.changes.push(...checkNames(found, await ownNames(found, data.archive?.dialect ?? "keras3"), written));
  return { artifact, opens };
}

/** The name of a file without its folders. */
export const baseName = (path: string): string => path.slice(path.search(/[^/\\]*$/));

/**
 * The files of a model in a format of operations. Throws what keeps the model from running, as `predict` does, and what the
 * format has no form for.
 */
export async function graphFor(
  model: SavedModel,
  row: GraphExporter,
  { dialect, shapes, ...options }: Omit<SaveOptions, "format">,
  target: string,
): Promise<ExportedGraph> {
  if (dialect !== undefined)
    fail("mismatch/option", { path: "dialect", expected: "none", message: `${row.id} speaks no language of Keras` });
  failAll(model.problems);
  const { name, inputs, outputs } = model;
  // A batch size that the file fixes stays fixed in what is written.
  const bound = model.traced?.told;
  const traced = {
    name,
    graph: bound?.graph ?? model.graph,
    inputs: inputs.map((input) => input.name),
    outputs: outputs.map((output) => output.name),
    aliases: inputs.map(({ layer }) => layer),
    ...(row.ofLayers === true && { layers: await layersOf(model, bound ?? null) }),
    ...(row.options.includes("shapes") && { shapes: readShapeSets(shapes, inputs) }),
  };
  return (await row.load())(traced, options, baseName(target));
}

/** Throws `mismatch/missing-weights`, `mismatch/input-shape`. */
async function layersOf(model: SavedModel, traced: Traced | null): Promise<TracedLayers> {
  const { data } = model;
  const { root, archive, hasWeights, training } = data;
  if (!hasWeights && weightsInOrder(root).length > 0)
    fail("mismatch/missing-weights", {
      file: archive?.file,
      message: "the model has none: give them beside the architecture",
    });
  const { calls, inputs } = traced ?? trace(root);
  const isTrained = (training?.optimizer ?? archive?.optimizer ?? []).length > 0;
  const optimizer = isTrained
    ? ((await (await import("./optimizer-state.ts")).optimizerState(data)) ?? "unknown")
    : null;
  return { root, calls, specs: inputs, training: training?.config ?? archive?.training ?? null, optimizer };
}

/** The files of a model in a format, not yet written anywhere; `target`: what the file will be called. */
export async function exportModel(
  model: SavedModel,
  format: FormatId,
  options: Omit<SaveOptions, "format">,
  target: string,
): Promise<Exported> {
  const row = exporterOf(format);
  refuseOptions(row, options);
  if (row.from === "graph") return graphFor(model, row, options, target);
  return (await row.load())((await artifactFor(model, format, options.dialect, target)).artifact, baseName(target));
}

/** Options that the format does not have, though others do. Throws `mismatch/option`. */
export function refuseOptions(row: ExporterRow, options: SaveOptions): void {
  const has = (one: ExporterRow, name: string): boolean =>
    one.from === "graph" && (one.options as readonly string[]).includes(name);
  for (const name of Object.keys(OPERATION_OPTIONS) as (keyof typeof OPERATION_OPTIONS)[]) {
    if (options[name] === undefined || has(row, name)) continue;
    const known = EXPORTERS.filter((one) => has(one, name)).map(({ id }) => id);
    fail("mismatch/option", {
      path: name,
      message: `${row.id} has no such option`,
      expected: known.join(", "),
      found: row.id,
    });
  }
}

/** The files of an export in memory, by path; `name` stands for the file without one. */
export async function collectFiles(files: readonly OutputFile[], name: string): Promise<Map<string, Uint8Array>> {
  const map = new Map<string, Uint8Array>();
  for (const file of files) {
    const parts: Uint8Array[] = [];
    for await (const part of file.chunks()) parts.push(part.slice());
    const folder = file.beside === true ? name.slice(0, -baseName(name).length) : "";
    map.set(file.path === "" ? name : folder + file.path, concatBytes(parts));
  }
  return map;
}

/** All files in memory, by path; the main file's is `model` with the format's ending. */
export async function saveToMap(model: SavedModel, options: SaveOptions): Promise<Map<string, Uint8Array>> {
  const { format: wanted, ...rest } = readOptions("save", options, SAVE_OPTIONS);
  const format = formatFor(null, wanted);
  const name = `model${exporterOf(format).extensions[0]!}`;
  const { files } = await exportModel(model, format, rest, name);
  return collectFiles(files, name);
}
