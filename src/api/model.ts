/** The public model: what Keras's `Model` offers for inference, over the plain data of `model/`. */
import type { DType } from "../core/dtype.ts";
import { fail, failAll, FormatError, type Problem } from "../core/error.ts";
import { door, guardMethods, kindOf, readOptions } from "../core/guard.ts";
import { DEFAULT_LIMITS, type Limits } from "../core/limits.ts";
import { checkTensor, type Tensor as Plain } from "../core/tensor.ts";
import { trace, type Traced } from "../graph/trace.ts";
import type { JsonObject } from "../codecs/json.ts";
import type { InputSpec, LayerNode, Weight } from "../layers/define.ts";
import { type FunctionalSpec, functionalData } from "./builder/functional.ts";
import { applyLayer, sameLayer } from "./builder/layer.ts";
import { type ModelValues, modelValues } from "./builder/loaded.ts";
import { type ApplyArg, type ApplyKwargs, standsFor, type Symbolic } from "./builder/symbolic.ts";
import type { Learned, ModelData } from "../model/bind.ts";
import { allNodes, inputsOf, weightsInOrder } from "../model/walk.ts";
import type { Graph, Shape } from "../ops/types.ts";
import { openSession, type RuntimeOptions } from "../engines/index.ts";
import type { SyncSession, Values, Views } from "../engines/types.ts";
import type { TensorInfo, WeightInfo } from "./info.ts";
import { type InputShapes, isDirect, type PredictInput, readInputs, readPrepared, readShapes } from "./inputs.ts";
import type { KernelReport } from "./kernels.ts";
import { type Outputs, type OutputTypes, presentOutputs } from "./outputs.ts";
import type { LayerOutputs } from "./layer-outputs.ts";
import { findChild, ModelLayer } from "./model-layer.ts";
import { problemsOf } from "./problems.ts";
import {
  chooseRuntime,
  PREDICT_OPTIONS,
  type PredictOptions,
  PREPARE_OPTIONS,
  type PrepareOptions,
  readOut,
  runOf,
} from "./run-options.ts";
import { Sessions } from "./sessions.ts";
import { describe, type LayerInfo, layersOf, SUMMARY_OPTIONS, type SummaryOptions, summaryOf } from "./summary.ts";
import { present, type Tensor } from "./tensor.ts";
import { Trainable } from "./training.ts";
import type { TrainedModel } from "./training-options.ts";

/** A Keras model. `load` gives one; the builder makes one from code. */
export class Model extends Trainable {
  #made: ModelData | (() => ModelData);
  #isTraced = false;
  readonly #limits: Limits;
  #graph: Traced | null = null;
  #unsupported: readonly Problem[] = [];
  readonly #runtime: RuntimeOptions;
  readonly #sessions = new Sessions((options, graph) => openSession(graph, { ...options, limits: this.#limits }));
  #values: { readonly of: LayerNode; readonly values: ModelValues } | null = null;
  #isRunnable = false;
  #isDisposed = false;

  /** From symbolic inputs and outputs: `new Model({ inputs, outputs })`. Throws `mismatch/*`, `malformed/*`. */
  constructor(from: FunctionalSpec);
  /** Of bound data, traced at once. `runtime`: how it runs where a call does not say. @internal */
  constructor(from: ModelData | FunctionalSpec, limits?: Limits, runtime?: RuntimeOptions);
  constructor(from: ModelData | FunctionalSpec, limits: Limits = DEFAULT_LIMITS, runtime: RuntimeOptions = {}) {
    super();
    const isData = (of: typeof from): of is ModelData => "root" in Object(of);
    const made = door("Model", () => (isData(from) ? from : functionalData(from)));
    this.#made = made;
    this.#limits = limits;
    this.#runtime = runtime;
    door("Model", () => {
      if (made.root.children.size > 0 || made.root.def === null) this.#traceWhenShaped();
    });
  }

  /** The plain data below, for exporters and the verifier. @internal */
  get data(): ModelData {
    if (typeof this.#made === "function") this.#made = this.#made();
    return this.#made;
  }

  /** @internal */
  protected trained(): TrainedModel {
    this.#checkRuns();
    const outputs = (shapes: readonly (readonly number[])[]) => (this.#traceFor(shapes), this.outputs);
    const made = { limits: this.#limits, runtime: this.#runtime, inputs: this.#specs(), outputs };
    const wasTrained = (training: Learned) => (this.#countWeights(), void (this.#made = { ...this.data, training }));
    return { ...made, root: this.data.root, saved: this, wasTrained };
  }

  /** Goes on with other layers, made when they are needed; sessions start anew. @internal */
  protected replace(make: () => ModelData): void {
    this.#sessions.drop();
    this.#made = make;
    this.#graph = null;
    this.#unsupported = [];
    this.#isTraced = false;
    this.#isRunnable = false;
  }

  /** As a layer of another model. @internal */
  member(): { readonly raw: JsonObject; readonly node: LayerNode; readonly name: string } {
    const { root } = this.data;
    if (this.#layer?.node === root) return this.#layer;
    failAll([...allNodes(root)].flatMap(({ def, problems }) => (def === null ? problems : [])));
    sameLayer(root.raw!, root);
    return (this.#layer = { raw: root.raw!, node: root, name: root.name });
  }
  #layer: ReturnType<Model["member"]> | null = null;

  /** The serialised form, as a layer inside another. @internal */
  get raw(): JsonObject {
    return this.member().raw;
  }

  /** Calls the model on symbolic values, as a layer of another model. Gives its output, or its outputs. */
  apply(x: ApplyArg, kwargs: ApplyKwargs = {}): Symbolic & readonly Symbolic[] {
    return applyLayer(this.member(), x, kwargs) as Symbolic & readonly Symbolic[];
  }

  /** The trace; null while no shape of the inputs is known, and for what cannot be traced. @internal */
  get traced(): Traced | null {
    if (!this.#isTraced) this.#traceWhenShaped();
    return this.#graph;
  }

  #specs(): readonly InputSpec[] {
    return this.#graph?.inputs ?? inputsOf(this.data.root);
  }

  #traceWhenShaped(): void {
    this.#isTraced = true;
    const specs = this.#specs();
    const isWeightsAlone = this.data.archive?.config === null;
    if (isWeightsAlone || specs.some((spec) => spec.shape === null)) return;
    try {
      this.#graph = trace(this.data.root);
    } catch (error) {
      if (!(error instanceof FormatError) || !error.problems.every((p) => p.code.startsWith("unsupported/")))
        throw error;
      this.#unsupported = error.problems;
    }
  }

  /** The traced graph. Throws what keeps the model from running. @internal */
  get graph(): Graph {
    failAll(this.#unsupported);
    if (this.traced === null)
      return fail("mismatch/input-shape", { message: "the model has no input shape until its first predict" });
    return this.traced.graph;
  }

  /** In Keras's flattened order, records by sorted key; named by key where the model takes a dict, else by layer. */
  get inputs(): readonly TensorInfo[] {
    return this.#specs().map((spec, i) => standsFor({ ...spec }, () => this.#symbolic().inputs[i]!));
  }

  /** In Keras's flattened order, records by sorted key; named by key where the model gives a dict, else by layer. */
  get outputs(): readonly TensorInfo[] {
    if (this.traced === null) return [];
    const { graph, outputs } = this.traced.told;
    return graph.outputs.map((id, i) => {
      const { shape, dtype } = graph.values.get(id)!;
      return standsFor({ ...outputs[i]!, shape, dtype }, () => this.#symbolic().outputs[i]!);
    });
  }

  /** As Keras: `[null, 32]`; an array of shapes for several outputs; null where unknown. */
  get outputShape(): Shape | readonly (Shape | null)[] | null {
    const shapes = this.outputs.map((output) => output.shape);
    return shapes.length === 1 ? shapes[0]! : shapes.length === 0 ? null : shapes;
  }

  /** The name that its file or its maker gave it. */
  get name(): string {
    return this.data.root.name;
  }

  /** The values inside, as symbolic ones. Throws what keeps the model from being traced. */
  #symbolic(): ModelValues {
    const { root } = (void this.graph, this.data);
    if (this.#values?.of !== root) this.#values = { of: root, values: modelValues(root, this.#graph!) };
    return this.#values.values;
  }

  /**
   * A layer by name, by place (-1 is the last), or inside others by path (`encoder/lstm`): its config, weights,
   * connections and outputs. Throws `mismatch/argument` with the nearest name.
   */
  layer(which: string | number): ModelLayer {
    const { root } = this.data;
    const of = { root, values: () => this.#symbolic(), wasSet: () => this.#countWeights(), wasFrozen: this.#wasFrozen }; // prettier-ignore
    return new ModelLayer(findChild(root, which), of);
  }

  /**
   * The model up to a layer, with that layer's outputs: the same weights, so what is set in one is set in both. Throws
   * what `layer` throws.
   */
  upTo(which: string | number): Model {
    const { output, outputs } = this.layer(which);
    return new Model(
      { inputs: this.inputs, outputs: outputs.length > 1 ? outputs : output },
      this.#limits,
      this.#runtime,
    );
  }

  /** The layers as Keras lists them, without those inside other layers. */
  get layers(): readonly LayerInfo[] {
    return layersOf(this.data.root, this.traced?.told.graph ?? null);
  }

  /** In the order of `get_weights` of the model's own generation of Keras. */
  get weights(): readonly WeightInfo[] {
    return this.#weights().map(({ name, path, shape, dtype, trainable }) => ({ name, path, shape, dtype, trainable }));
  }

  readonly #weights = (): readonly Weight[] => weightsInOrder(this.data.root);

  /** The values, in the order of `weights`. */
  async getWeights(): Promise<readonly Tensor[]> {
    return Promise.all(this.#weights().map(async (weight) => present<DType>(await weight.read())));
  }

  /**
   * Replaces all values, given in the order of `weights`; states start anew, and `prepare` is needed again. Throws
   * `mismatch/weights`, `mismatch/shape`.
   */
  async setWeights(tensors: readonly Plain[]): Promise<void> {
    const weights = this.#weights();
    if (!Array.isArray(tensors))
      fail("mismatch/weights", { expected: `an array of ${weights.length} tensors`, found: kindOf(tensors) });
    if (weights.length !== tensors.length)
      fail("mismatch/weights", { expected: `${weights.length} arrays`, found: String(tensors.length) });
    weights.forEach((weight, i) => checkTensor(tensors[i], weight.path));
    weights.forEach((weight, i) => weight.set(tensors[i] as Plain));
    this.#countWeights();
  }

  readonly #wasFrozen = () => (this.endTraining(), void (this.#made = { ...this.data, isEdited: true }));
  #countWeights(): void {
    if (!this.data.hasWeights && this.#weights().every(({ source, changed }) => source.length > 0 || changed > 0))
      this.#made = { ...this.data, hasWeights: true };
  }

  /** What was read with a reservation: casts, NaN weights. */
  get warnings(): readonly Problem[] {
    return this.data.warnings;
  }

  /** What keeps the model from running: unknown layers, Lambda, missing weights. Empty when it runs. */
  get problems(): readonly Problem[] {
    return problemsOf(this.data, this.traced?.graph ?? null, this.#unsupported);
  }

  /** The table that Keras prints: with a column of connections where the model is no chain. */
  summary(options: SummaryOptions = {}): string {
    const read = readOptions("summary", options, SUMMARY_OPTIONS);
    return summaryOf(this.data.root, this.traced?.told.graph ?? null, read);
  }

  /**
   * Outputs for inputs `x`, as a flat array of tensors: nested outputs in Keras's flattening order, RNN states after the
   * sequence. Any batch size (a stateful model's is fixed), inference mode. With `layers` (names, or "all") there is a
   * record `layers` of what those give beside it. Throws `mismatch/*` for inputs that do not fit, `unsupported/*` naming
   * each layer that cannot run, `mismatch/disposed`. When it throws, states are as before.
   *
   * Outputs are typed float32, as nearly all are. Of others the caller names the dtypes, of all alike, in order or by name:
   * `predict<"int32">(x)`, `predict<["float32", "int32"]>(x)`, `predict<{ score: "float32" }>(x)`; this is not checked.
   */
  predict(
    x: PredictInput,
    options: PredictOptions & { readonly layers: readonly string[] | "all" },
  ): Promise<Outputs & { readonly layers: LayerOutputs }>;
  predict(x: PredictInput, options: PredictOptions & { readonly precision: "float64" }): Promise<Outputs<"float64">>;
  predict<D extends OutputTypes = "float32">(x: PredictInput, options?: PredictOptions): Promise<Outputs<D>>;
  async predict(x: PredictInput, given: PredictOptions = {}): Promise<Outputs<DType>> {
    const options = readOptions("predict", given, PREDICT_OPTIONS);
    this.#checkRuns();
    const chosen = chooseRuntime(options, this.#runtime);
    const inputs = readInputs(x, this.#specs());
    this.#traceFor(inputs.map(({ shape }) => shape));
    const watched = options.layers === undefined ? null : (await import("./layer-outputs.ts")).watching(this.graph, options.layers); // prettier-ignore
    const about = watched === null ? "" : JSON.stringify(options.layers);
    const opened = this.#sessions.get(chosen, watched?.graph ?? this.graph, this.#weights, about);
    const session = opened instanceof Promise ? await opened : opened;
    const owning = this.#sessions.own(session);
    if (owning !== undefined) await owning;
    const made = await session.run(inputs, runOf(options));
    if (watched === null) return this.#named(made);
    const { outputs, layers } = watched.split(made);
    return Object.assign(this.#named<DType>(outputs), { layers });
  }

  #named<D extends OutputTypes>(values: readonly Plain[]): Outputs<D> {
    return presentOutputs(
      values,
      this.outputs.map(({ name }) => name),
    );
  }

  #checkRuns(): void {
    if (this.#isDisposed) fail("mismatch/disposed", { message: "the model has been disposed of" });
    if (!this.#isRunnable) failAll(this.problems);
    this.#isRunnable = true;
  }

  /** A model without an input shape takes that of its first inputs. */
  #traceFor(shapes: readonly (readonly number[])[]): void {
    if (this.traced !== null) return;
    this.#graph = trace(
      this.data.root,
      shapes.map((shape) => [null, ...shape.slice(1)]),
    );
  }

  /**
   * Makes the model ready for `predictSync`: compiles it for inputs of some shapes and reads its weights. Throws
   * `mismatch/shape` where shapes do not fit or are needed, what `predict` throws, `unsupported/backend` where it cannot.
   */
  async prepare(given: PrepareOptions = {}): Promise<this> {
    const options = readOptions("prepare", given, PREPARE_OPTIONS);
    const { warmUp = 0 } = options;
    if (!Number.isSafeInteger(warmUp))
      fail("mismatch/option", { path: "warmUp", expected: "a whole number of runs", found: String(warmUp) });
    this.#checkRuns();
    const shapes = readShapes(options.shapes, this.#specs());
    this.#traceFor(shapes);
    await this.#sessions.prepare(chooseRuntime(options, this.#runtime), this.graph, this.#weights, shapes, warmUp);
    return this;
  }

  /**
   * `predict` at once, for sound, sensors, animation: one time step a call of a stateful model, say. States are those of
   * `predict` under the options of `prepare`. A typed array as input holds its values in row-major order, in the shape
   * given to `prepare`; a tensor may have another shape, for which the model is compiled in passing.
   *
   * With `out` (a tensor or typed array, or one for each output) the outputs are written there, and nothing is allocated
   * where inputs are tensors or typed arrays of their dtype too, and no dtype is float16, bfloat16 or of 64-bit integers.
   *
   * Throws what `predict` throws, `mismatch/not-prepared`, `mismatch/busy` while a `predict` is under way,
   * `mismatch/outputs`, `mismatch/dtype`, `mismatch/shape` for an `out` that does not fit, `mismatch/view`.
   */
  predictSync<D extends OutputTypes = "float32">(x: PredictInput): Outputs<D>;
  predictSync<Out extends Values | readonly Values[]>(x: PredictInput, options: { readonly out: Out }): Out;
  predictSync(x: PredictInput, options?: { readonly out: Values | readonly Values[] }): unknown {
    if (options !== undefined) readOut(options);
    const session = this.#prepared();
    const specs = this.#specs();
    const values = isDirect(x, specs) ? x : readPrepared(x, specs, session.prepared!);
    if (options === undefined) return this.#named(session.runSync(values));
    session.runInto(values, options.out);
    return options.out;
  }

  /**
   * Inputs and outputs where they lie in the model's memory. Fill all of `inputs`, `predictSync(inputs, { out: outputs })`
   * copies nothing, then read `outputs`: a call may use the memory of inputs for other values. After a run with another
   * shape, and whenever memory grows, the arrays have no elements and are refused: ask again. Throws
   * `mismatch/not-prepared`, `mismatch/busy`, `unsupported/view` for dtypes other than float32, float64 and int32.
   */
  views(): Views<Tensor<"float32" | "float64" | "int32">> {
    const { inputs, outputs } = this.#prepared().views();
    return { inputs: inputs.map((view) => present(view)), outputs: outputs.map((view) => present(view)) };
  }

  #prepared(): SyncSession {
    const prepared = this.#sessions.prepared(this.#weights);
    if (prepared !== null) return prepared;
    this.#checkRuns();
    return fail("mismatch/not-prepared", { message: "call prepare first" });
  }

  /**
   * What the wasm backend runs for each call of a layer, for inputs of these shapes (default: one sample, lengths that fit).
   * Computes nothing, unless `timed`: milliseconds of each, on zeros. Throws what `predict` throws of shapes and layers.
   */
  async kernels(given?: InputShapes, options: { readonly timed?: boolean } = {}): Promise<KernelReport> {
    const { timed } = readOptions("kernels", options, { timed: "boolean" });
    this.#checkRuns();
    const { kernelReport } = await import("./kernels.ts");
    if (given !== undefined) this.#traceFor(readShapes(given, this.#specs()));
    return kernelReport(this.graph, this.#specs(), given, timed);
  }

  /** What `console.log` shows in Node: name, inputs, outputs, size. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return describe(this.data, this.inputs, this.outputs, this.problems);
  }

  /** Stateful layers start from zeros again: at once, or when the calls under way are done. */
  resetStates(): void {
    this.#sessions.resetStates(this.traced?.graph.states ?? []);
  }

  /** Frees what backends hold, when the calls under way are done, and the file. The model can be used no more. */
  dispose(): void {
    this.endTraining();
    this.#isDisposed = true;
    this.#sessions.drop();
    void this.data.archive?.close();
  }
}

guardMethods(Model, ({ data }) => data.archive?.file);
