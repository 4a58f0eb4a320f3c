/** The public model: what Keras's `Model` offers for inference, over the plain data of `model/`. */
import type { DType } from "../core/dtype.ts";
import { fail, failAll, FormatError, type Problem } from "../core/error.ts";
import { DEFAULT_LIMITS, type Limits } from "../core/limits.ts";
import type { Tensor } from "../core/tensor.ts";
import { trace, type Traced } from "../graph/trace.ts";
import type { JsonObject } from "../codecs/json.ts";
import type { InputSpec, LayerNode, Weight } from "../layers/define.ts";
import { type FunctionalSpec, functionalData } from "./builder/functional.ts";
import { applyLayer } from "./builder/layer.ts";
import type { ApplyArg, ApplyKwargs, Symbolic } from "./builder/symbolic.ts";
import type { ModelData } from "../model/bind.ts";
import { allNodes, weightsInOrder } from "../model/walk.ts";
import type { Graph, Shape } from "../ops/types.ts";
import { backendNamed, type BackendName, DEFAULT_BACKEND } from "../runtime/index.ts";
import type { Session } from "../runtime/types.ts";
import { type PredictInput, readInputs } from "./inputs.ts";
import { type LayerInfo, layersOf, summaryOf } from "./summary.ts";

/** An input or output: `shape` as Keras has it, with null for what only a call decides; null when nothing is known. */
export interface TensorInfo {
  readonly name: string;
  readonly shape: Shape | null;
  readonly dtype: DType;
}

export interface WeightInfo {
  readonly name: string;
  /** Names of the layers down to it, joined by `/`. */
  readonly path: string;
  readonly shape: readonly number[] | null;
  readonly dtype: DType;
  readonly trainable: boolean;
}

export interface PredictOptions {
  readonly backend?: BackendName;
  /** `float64`: outputs unrounded, as float64; from the reference backend only. */
  readonly precision?: "float64";
  readonly signal?: AbortSignal;
}

/** A Keras model. `load` gives one; the builder makes one from code. */
export class Model {
  #made: ModelData | (() => ModelData);
  #isTraced = false;
  readonly #limits: Limits;
  #graph: Traced | null = null;
  #unsupported: readonly Problem[] = [];
  readonly #sessions = new Map<BackendName, Promise<Session>>();

  /**
   * From bound data, or from symbolic inputs and outputs. Bound data is traced at once, so that contradictions are
   * refused here (`mismatch/*`, `malformed/*`), together.
   */
  constructor(from: ModelData | FunctionalSpec, limits: Limits = DEFAULT_LIMITS) {
    this.#made = "root" in from ? from : functionalData(from);
    this.#limits = limits;
    if (this.#made.root.children.size > 0 || this.#made.root.def === null) this.#traceWhenShaped();
  }

  /** The plain data below, for exporters and the verifier. */
  get data(): ModelData {
    if (typeof this.#made === "function") this.#made = this.#made();
    return this.#made;
  }

  /** Goes on with other layers, made when they are needed; sessions start anew. */
  protected replace(make: () => ModelData): void {
    this.#dropSessions();
    this.#made = make;
    this.#graph = null;
    this.#unsupported = [];
    this.#isTraced = false;
  }

  /** As a layer of another model. */
  member(): { readonly raw: JsonObject; readonly node: LayerNode; readonly name: string } {
    const { root } = this.data;
    return { raw: root.raw!, node: root, name: root.name };
  }

  /** The serialised form, as a layer inside another. */
  get raw(): JsonObject {
    return this.member().raw;
  }

  /** Calls the model on symbolic values, as a layer of another model. Gives its output, or its outputs. */
  apply(x: ApplyArg, kwargs: ApplyKwargs = {}): Symbolic & readonly Symbolic[] {
    return applyLayer(this.#asLayer(), x, kwargs) as Symbolic & readonly Symbolic[];
  }

  #layer: ReturnType<Model["member"]> | null = null;
  #asLayer(): ReturnType<Model["member"]> {
    this.#layer = this.#layer?.node === this.data.root ? this.#layer : this.member();
    return this.#layer;
  }

  get #traced(): Traced | null {
    if (!this.#isTraced) this.#traceWhenShaped();
    return this.#graph;
  }

  #specs(): readonly InputSpec[] {
    const { root } = this.data;
    return this.#graph?.inputs ?? (root.def?.kind === "layer" ? (root.def.inputs?.(root) ?? []) : []);
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

  /** The traced graph, for backends, exporters and the verifier. Throws what keeps the model from running. */
  get graph(): Graph {
    failAll(this.#unsupported);
    if (this.#traced === null)
      return fail("mismatch/input-shape", { message: "the model has no input shape until its first predict" });
    return this.#traced.graph;
  }

  /** In Keras's flattened order: records by sorted key. */
  get inputs(): readonly TensorInfo[] {
    return this.#specs();
  }

  get outputs(): readonly TensorInfo[] {
    if (this.#traced === null) return [];
    const { graph, outputNames } = this.#traced;
    return graph.outputs.map((id, i) => {
      const { shape, dtype } = graph.values.get(id)!;
      return { name: outputNames[i] ?? outputNames.at(-1) ?? `output_${i}`, shape, dtype };
    });
  }

  /** As Keras: `[null, 32]`; an array of shapes for several outputs; null where unknown. */
  get outputShape(): Shape | readonly (Shape | null)[] | null {
    const shapes = this.outputs.map((output) => output.shape);
    return shapes.length === 1 ? shapes[0]! : shapes.length === 0 ? null : shapes;
  }

  get name(): string {
    return this.data.root.name;
  }

  /** The layers as Keras lists them, without those inside other layers. */
  get layers(): readonly LayerInfo[] {
    return layersOf(this.data.root, this.#traced?.graph ?? null);
  }

  /** In the order of Keras's `get_weights`: trainable ones first. */
  get weights(): readonly WeightInfo[] {
    return this.#weights().map(({ name, path, shape, dtype, trainable }) => ({ name, path, shape, dtype, trainable }));
  }

  #weights(): readonly Weight[] {
    return weightsInOrder(this.data.root);
  }

  /** The values, in the order of `weights`. */
  async getWeights(): Promise<readonly Tensor[]> {
    return Promise.all(this.#weights().map((weight) => weight.read()));
  }

  /** Replaces all values, given in the order of `weights`. Throws `mismatch/weights`, `mismatch/shape`. */
  async setWeights(tensors: readonly Tensor[]): Promise<void> {
    const weights = this.#weights();
    if (weights.length !== tensors.length)
      fail("mismatch/weights", { expected: `${weights.length} arrays`, found: String(tensors.length) });
    weights.forEach((weight, i) => weight.set(tensors[i]!));
    this.#dropSessions();
  }

  /** What was read with a reservation: casts, NaN weights. */
  get warnings(): readonly Problem[] {
    return this.data.warnings;
  }

  /** What keeps the model from running: unknown layers, Lambda, missing weights. Empty when it runs. */
  get problems(): readonly Problem[] {
    const nodes = [...allNodes(this.data.root)].flatMap((node) => node.problems);
    const known = new Set(nodes.map((problem) => problem.path));
    const calls = (this.#traced?.graph.calls ?? [])
      .filter((call) => call.problem !== undefined && !known.has(call.path) && !call.problem.includes("unknown-input"))
      .map((call): Problem => ({
        code: "unsupported/layer",
        path: call.path,
        found: call.class,
        message: call.problem!,
      }));
    const own = this.#unsupported.filter((problem) => !known.has(problem.path));
    const weights: Problem[] = this.data.hasWeights
      ? []
      : [{ code: "mismatch/missing-weights", message: "the model has no weights: give them beside the architecture" }];
    return [...nodes, ...calls, ...own, ...weights];
  }

  /** The table that Keras prints. */
  summary(): string {
    return summaryOf(this.data.root, this.#traced?.graph ?? null);
  }

  /**
   * Outputs for inputs `x`, as a flat array of tensors: nested outputs in Keras's flattening order, RNN states after the
   * sequence. Any batch size (a stateful model's is fixed), inference mode. Throws `mismatch/*` for inputs that do not
   * fit, `unsupported/*` naming each layer that cannot run.
   */
  async predict(x: PredictInput, options: PredictOptions = {}): Promise<readonly Tensor[]> {
    const { backend = options.precision === undefined ? DEFAULT_BACKEND : "reference", ...rest } = options;
    if (options.precision !== undefined && backend !== "reference") {
      fail("unsupported/precision", { message: "only the reference backend computes in float64", found: backend });
    }
    failAll(this.problems);
    const inputs = readInputs(x, this.#specs());
    if (this.#traced === null)
      this.#graph = trace(
        this.data.root,
        inputs.map(({ shape }) => [null, ...shape.slice(1)]),
      );
    const session = await this.session(backend);
    return session.run(inputs, rest);
  }

  /** The running model of a backend; made at its first use. */
  protected session(backend: BackendName): Promise<Session> {
    const known = this.#sessions.get(backend);
    if (known !== undefined) return known;
    const made = backendNamed(backend).then((b) => b.open(this.graph, { limits: this.#limits }));
    this.#sessions.set(backend, made);
    made.catch(() => this.#sessions.delete(backend));
    return made;
  }

  /** Stateful layers start from zeros again. */
  resetStates(): void {
    for (const session of this.#sessions.values()) void session.then((s) => s.resetStates());
  }

  #dropSessions(): void {
    for (const session of this.#sessions.values()) void session.then((s) => s.dispose());
    this.#sessions.clear();
  }

  /** Frees what backends hold, and the file. The model can be used no more. */
  dispose(): void {
    this.#dropSessions();
    void this.data.archive?.close();
  }
}
