/** Small edits of a model: other names, another batch size, up to a layer, without the optimizer, weights in float16. */
import { bytesSource } from "./core/source.ts";
import { fail, FormatError } from "./core/error.ts";
import { kindOf, nearest, type OptionKinds, readOptions } from "./core/guard.ts";
import { DEFAULT_LIMITS, type Limits } from "./core/limits.ts";
import { fromFloat16, itemSize } from "./core/dtype.ts";
import { toFloat16 } from "./core/half.ts";
import { showShape, type Tensor } from "./core/tensor.ts";
import { checkModel } from "./api/check-model.ts";
import { Model } from "./api/model.ts";
import { type SaveOptions, saveToMap } from "./api/save.ts";
import type { Dialect } from "./formats/archive.ts";
import { trace } from "./graph/trace.ts";
import { importArchive } from "./importers/index.ts";
import type { LayerNode, Weight } from "./layers/define.ts";
import { bind, type ModelData, readModel } from "./model/bind.ts";
import { renameLayers, withBatch } from "./model/edit-config.ts";
import { keep } from "./model/naming/arrays.ts";
import type { StoredWeight } from "./core/stored.ts";
import { BoundWeight } from "./model/weight.ts";
import { allNodes, childrenOf, topLayers } from "./model/walk.ts";
import { onTakenInputs, seededInputs } from "./verify/inputs.ts";

/** Options of `edit`; several may be given. */
export interface EditOptions {
  /** Other names of the model's own layers, inputs and outputs among them, or of the model: old → new. */
  readonly rename?: { readonly [name: string]: string };
  /** The batch size of every input; null leaves it open. */
  readonly batch?: number | null;
  /** The model up to this layer: its outputs become the model's. */
  readonly cut?: string;
  /** Without the optimizer's state and how the model was compiled. */
  readonly dropOptimizer?: boolean;
  /** Weights of float32 rounded to float16, which halves the file; what is computed stays float32. */
  readonly float16?: boolean;
}

const EDIT_OPTIONS: OptionKinds<EditOptions> = {
  rename: "object",
  batch: "any",
  cut: "string",
  dropOptimizer: "boolean",
  float16: "boolean",
};

/** The edited model, and the proof that it is the same otherwise. */
export interface Edited {
  readonly model: Model;
  /** What was found equal, one line each. */
  readonly checks: readonly string[];
}

/** A file that holds a model in the words of its generation; Keras 1 is not written. */
const IN_FILE: Readonly<Record<Dialect, SaveOptions>> = {
  keras1: { format: "keras-v3" },
  keras2: { format: "keras-h5", dialect: "keras2" },
  keras3: { format: "keras-v3" },
};

/** Through a file in memory: every layer in one generation's words. */
async function throughFile(model: Model, from: ModelData, limits: Limits): Promise<ModelData> {
  const files = await saveToMap(model, IN_FILE[from.archive?.dialect ?? "keras3"]);
  const archive = await importArchive(bytesSource([...files.values()][0]!), { limits });
  return bind(archive, { limits, ...from.reading });
}

/** Weights of a layer that was read anew: those of the layer it stands for, as they are. */
async function takeWeights(from: LayerNode, to: LayerNode, seen = new Set<LayerNode>()): Promise<void> {
  if (seen.has(to)) return;
  seen.add(to);
  for (const [name, weight] of to.weights) {
    const old = from.weights.get(name);
    if (old !== undefined && weight instanceof BoundWeight) await takeWeight(old, weight);
  }
  const others = childrenOf(from);
  for (const [i, child] of childrenOf(to).entries()) await takeWeights(others[i]!, child, seen);
}

async function takeWeight(old: Weight, weight: BoundWeight): Promise<void> {
  if (old.changed === 0 && old.source.length > 0) weight.bindTo(old.source, old.recipe);
  else if (old.changed > 0) weight.set(await old.read());
  else weight.shape = old.shape;
}

/** Throws `mismatch/option` for a name that no layer has. */
function checkNames(rename: { readonly [name: string]: string }, root: LayerNode): ReadonlyMap<string, string> {
  const names = new Map(Object.entries(rename));
  const known = [...topLayers(root).map(({ name }) => name), root.name];
  for (const [from, to] of names) {
    if (typeof to !== "string" || to === "")
      fail("mismatch/option", { path: `rename.${from}`, expected: "a name", found: kindOf(to) });
    if (!known.includes(from))
      fail("mismatch/option", {
        path: "rename",
        message: "the model has no such layer",
        expected: nearest(from, known) ?? "none",
        found: from,
      });
  }
  return names;
}

async function patched(data: ModelData, options: EditOptions, limits: Limits): Promise<ModelData> {
  const archive = data.archive!;
  let raw = data.root.raw!;
  const names = checkNames(options.rename ?? {}, data.root);
  if (options.batch !== undefined) raw = withBatch(raw, data.root, options.batch);
  if (names.size > 0) raw = renameLayers(raw, names);
  const dropped = options.dropOptimizer === true;
  if (dropped && raw.has("compile_config")) {
    raw = new Map(raw);
    raw.delete("compile_config");
  }
  const about = { semantics: archive.semantics, backend: archive.writer.backend, initialise: null };
  const root = readModel(raw, about, { limits, ...data.reading });
  await takeWeights(data.root, root);
  const [before, after] = [[...allNodes(data.root)], [...allNodes(root)]];
  const unknownWeights = new Map<LayerNode, readonly StoredWeight[]>();
  for (const [node, weights] of data.unknownWeights) keep(after[before.indexOf(node)]!, weights, unknownWeights);
  const config = { ...archive.config!, root: raw };
  const compiled = dropped ? { training: null, optimizer: [] } : {};
  return { ...data, root, unknownWeights, archive: { ...archive, config, ...compiled }, isEdited: true };
}

/** Every float32 weight as the nearest of float16. */
async function rounded(data: ModelData): Promise<{ data: ModelData; check: string }> {
  let [count, largest, bytes] = [0, 0, 0];
  const weights = new Set([...allNodes(data.root)].flatMap((node) => [...node.weights.values()]));
  for (const weight of weights) {
    if (weight.dtype !== "float32" || (weight.source.length === 0 && weight.changed === 0)) continue;
    const { shape, data: values } = await weight.read();
    const near = Float32Array.from(values as Float32Array, (x) => fromFloat16(toFloat16(x)));
    const strange = near.findIndex((x, i) => !Number.isFinite(x) && Number.isFinite(values[i] as number));
    if (strange >= 0)
      fail("mismatch/range", {
        path: weight.path,
        expected: "values that float16 can hold",
        found: String(values[strange]),
      });
    near.forEach((x, i) => (largest = Math.max(largest, Math.abs(x - (values[i] as number)))));
    weight.set({ dtype: "float32", shape, data: near });
    count++;
    bytes += near.length * (itemSize("float32") - itemSize("float16"));
  }
  const check = `float16: ${count} weights, ${bytes} bytes less; largest change of a value ${largest.toExponential(1)}`;
  return { data: { ...data, storedAs: "float16", isEdited: true }, check };
}

/** A tensor with `rows` rows: its own, again and again. */
function withRows({ dtype, shape, data }: Tensor, rows: number): Tensor {
  const width = data.length / Math.max(shape[0]!, 1);
  const at = (i: number): number => (Math.floor(i / width) % shape[0]!) * width + (i % width);
  const size = rows * width;
  const more = Array.isArray(data)
    ? Array.from({ length: size }, (_, i) => data[at(i)]!)
    : (data as Float32Array).constructor === undefined
      ? data
      : Reflect.construct((data as Float32Array).constructor as typeof Float32Array, [size]);
  if (!Array.isArray(more)) for (let i = 0; i < size; i++) (more as Float32Array)[i] = (data as Float32Array)[at(i)]!;
  return { dtype, shape: [rows, ...shape.slice(1)], data: more } as Tensor;
}

/** The same seeded inputs through both; bit by bit, but for another batch size, whose rows are computed apart. */
async function proved(before: Model, after: Model, { cut, batch }: EditOptions): Promise<string> {
  const what = cut === undefined ? "outputs" : `outputs of ${cut}`;
  try {
    const traced = trace(after.data.root);
    const { inputs, expected } = await onTakenInputs(async (small) => {
      const inputs = seededInputs(traced, 1, [], undefined, small);
      const rows = before.inputs.map(({ shape }, i) => shape?.[0] ?? inputs[i]!.shape[0]!);
      const others = inputs.map((x, i) => withRows(x, rows[i]!));
      before.resetStates();
      const expected =
        cut === undefined
          ? await before.predict(others)
          : (await before.predict(others, { layers: [before.layer(cut).path] })).layers[before.layer(cut).path]!;
      return { inputs, expected };
    });
    before.resetStates();
    const found = await after.predict(inputs);
    found.forEach((y, i) => compare(y, expected[i]!, batch === undefined ? 0 : 1e-5, `${what} ${i}`));
    return `${what} on seeded inputs${batch === undefined ? ", bit by bit" : ""}`;
  } catch (error) {
    if (!(error instanceof FormatError) || error.problems.some(({ code }) => !code.startsWith("unsupported/")))
      throw error;
    return `${what} not compared: ${error.problems[0]!.message ?? error.code}`;
  }
}

function compare(found: Tensor, expected: Tensor, rtol: number, path: string): void {
  const [a, b] = [found.data, expected.data] as readonly (readonly unknown[])[];
  const count = Math.min(a!.length, b!.length);
  let largest = 0;
  for (let i = 0; i < count; i++) largest = Math.max(largest, Math.abs(Number(b![i])) || 0);
  const near = (x: unknown, y: unknown): boolean =>
    Object.is(x, y) || x === y || Math.abs(Number(x) - Number(y)) <= rtol * largest;
  for (let i = 0; i < count; i++)
    if (!near(a![i], b![i]))
      fail("mismatch/verification", {
        path,
        message: "the edited model computes something else",
        expected: String(b![i]),
        found: `${String(a![i])} at ${i} of ${showShape(found.shape)}`,
      });
}

/** A new model; the given one stays as it is. Throws `mismatch/option`, `mismatch/verification`, `unsupported/stateful`. */
export async function editModel(model: Model, given: EditOptions, limits: Limits = DEFAULT_LIMITS): Promise<Edited> {
  checkModel(model);
  const options = readOptions("edit", given, EDIT_OPTIONS);
  const { batch, cut, float16 } = options;
  if (batch !== undefined && batch !== null && !(Number.isSafeInteger(batch) && batch > 0))
    fail("mismatch/option", { path: "edit.batch", expected: "a whole number of rows, or null", found: String(batch) });
  const from = model.data;
  let data = from;
  if (cut !== undefined || from.archive === null || from.archive.config === null)
    data = await throughFile(cut === undefined ? model : model.upTo(cut), from, limits);
  const stateful = batch === null && [...allNodes(data.root)].find(({ options: own }) => own.get("stateful") === true);
  if (stateful)
    fail("unsupported/stateful", { path: stateful.path, expected: "a fixed batch size for a stateful layer" });
  data = await patched(data, options, limits);
  const checks: string[] = [];
  if (model.problems.length === 0) checks.push(await proved(model, new Model(data, limits), options));
  if (float16 === true) {
    const made = await rounded(data);
    data = made.data;
    checks.push(made.check);
  }
  return { model: new Model(data, limits), checks };
}
