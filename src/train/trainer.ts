/** Runs steps of training and of evaluation, and keeps what they share: weights, slots of the optimizer, metrics. */
import { isFloat } from "../core/dtype.ts";
import { fail, placed } from "../core/error.ts";
import { showShape, type Tensor } from "../core/tensor.ts";
import type { Session } from "../engines/types.ts";
import type { LayerNode, Weight } from "../layers/define.ts";
import { weightChanges } from "../model/weight.ts";
import { weightsInOrder } from "../model/walk.ts";
import type { Graph } from "../ops/types.ts";
import { ERAS } from "./era.ts";
import { type OptimizerFile, type OptimizerVariable, readState } from "./state.ts";
import { firstOf, makeStep, type Result, type Step, type Target } from "./step.ts";
import { trainedWeights, variableOf } from "./trainable.ts";
import type { Loss, Metric, Optimizer, StoredVariable } from "./types.ts";

/** A model as training sees it. */
export interface ModelInTraining {
  readonly root: LayerNode;
  open(graph: Graph): Promise<Session>;
  /** Weights have been set; beside them, what the optimizer keeps. */
  wasSet(state: readonly OptimizerVariable[]): void;
}

/** What one output is compared with. */
export interface CompiledOutput {
  readonly name: string;
  readonly loss: Loss | null;
  readonly lossWeight: number;
  readonly metrics: readonly Metric[];
  readonly weightedMetrics: readonly Metric[];
}

/** How a model is trained. */
export interface Compiled {
  readonly optimizer: Optimizer;
  readonly outputs: readonly CompiledOutput[];
}

/** Inputs in the model's order; labels and weights of samples by output. */
export interface Batch {
  readonly x: readonly Tensor[];
  readonly y: readonly (Tensor | null)[];
  readonly weights: readonly (Tensor | null)[];
}

/** What a step tells: the loss of the batch, and metrics so far, by name. */
export type Results = readonly (readonly [name: string, value: number, over: Over])[];

/** What a number is averaged over when an epoch has several batches; null: it is one of all of them. */
export type Over = "samples" | "batches" | null;

interface TrainingRun {
  readonly key: string;
  readonly step: Step;
  readonly session: Session;
}

const scalar = (dtype: "float64" | "int32" | "bool", value: number): Tensor => {
  const made = { float64: Float64Array, int32: Int32Array, bool: Uint8Array } as const;
  return { dtype, shape: [], data: made[dtype].of(value) } as Tensor;
};

/** Names in logs; a metric's that is taken is told apart as Keras does. Source: keras/src/trainers/compile_utils.py. */
function namesOf(outputs: readonly CompiledOutput[], results: readonly Result[]): readonly string[] {
  const names = results.map(() => "");
  const taken = new Map<string, number>();
  for (const weighted of [false, true])
    results.forEach(({ output, metric, weighted: own }, i) => {
      if (own !== weighted) return;
      const prefix = outputs.length > 1 ? `${outputs[output]!.name}_` : "";
      let name = `${prefix}${metric?.name ?? "loss"}`;
      if (metric !== null) {
        if (weighted && taken.has(name)) name = `${prefix}weighted_${metric.name}`;
        const count = taken.get(name) ?? 0;
        taken.set(name, count + 1);
        if (count > 0) name += `_${count}`;
      }
      names[i] = name;
    });
  return names;
}

/** The seed of a step: neighbours are far apart. */
const seedOf = (seed: number, iteration: number): number => (Math.imul(seed | 0, 0x9e3779b9) + iteration) | 0;

/** Trains one compiled model: steps of training and of testing, and the states that they share. */
export class Trainer {
  readonly compiled: Compiled;
  readonly #model: ModelInTraining;
  readonly #runs = new Map<"train" | "test", TrainingRun>();
  readonly #keys = new WeakMap<object, Map<string, object>>();
  /** States as they were last read: of all graphs. */
  readonly #known = new Map<object, Tensor>();
  /** Who has the states of now. */
  #holder: TrainingRun | null = null;
  /** Whether it has gone on since they were last read. */
  #isDirty = false;
  #reading: Promise<void> = Promise.resolve();
  /** Whether the model has yet to ask for the weights that `sync` gave it last; the learning rate of then. */
  #isAwaited = false;
  #toldRate: number | null = null;
  #seen = weightChanges();
  /** Steps done. */
  iteration = 0;
  /** Null: a schedule gives it. */
  learningRate: number | null;
  seed = 0;
  /** Whether steps tell the norms of gradients. */
  watches = false;
  /** Of the last step, by weight. */
  gradientNorms: ReadonlyMap<Weight, number> = new Map();

  constructor(model: ModelInTraining, compiled: Compiled) {
    this.#model = model;
    this.compiled = compiled;
    const { learningRate } = compiled.optimizer;
    this.learningRate = typeof learningRate === "number" ? learningRate : null;
  }

  /** What stands for a state, in whichever graph. */
  readonly key = (owner: object, place: string): object => {
    const own = this.#keys.get(owner) ?? new Map<string, object>();
    this.#keys.set(owner, own);
    const key = own.get(place) ?? {};
    own.set(place, key);
    return key;
  };

  async #run(kind: "train" | "test", { x, y, weights }: Batch): Promise<TrainingRun> {
    const about = (t: Tensor | null): unknown => t && [t.dtype, t.shape.length, ...t.shape.slice(1)];
    const key = JSON.stringify([
      x.map((t) => t.shape.length),
      y.map(about),
      weights.map(about),
      kind === "train" && this.watches,
    ]);
    const known = this.#runs.get(kind);
    if (known?.key === key) return known;
    if (known !== undefined) await this.#leave(known);
    const free = ({ shape }: Tensor): (number | null)[] => [null, ...shape.slice(1)];
    const targets = this.compiled.outputs.map((output, i): Target => {
      const [label, weight] = [y[i] ?? null, weights[i] ?? null];
      if (label?.shape.length === 0) fail("mismatch/shape", { path: output.name, expected: "labels of a batch" });
      return {
        ...output,
        y: label && { shape: free(label), dtype: label.dtype },
        weight: weight && free(weight),
      };
    });
    const step = makeStep({
      root: this.#model.root,
      shapes: x.map(free),
      targets,
      optimizer: kind === "train" ? this.compiled.optimizer : null,
      keys: this.key,
      norms: this.watches,
    });
    const run = { key, step, session: await this.#model.open(step.graph) };
    this.#runs.set(kind, run);
    return run;
  }

  /** Takes the states from a session, and ends it. */
  async #leave(run: TrainingRun): Promise<void> {
    if (this.#holder === run) await this.#read();
    if (this.#holder === run) this.#holder = null;
    run.session.dispose();
  }

  async #read(): Promise<void> {
    await this.#reading;
    if (this.#holder === null || !this.#isDirty) return;
    const { session } = this.#holder;
    this.#isDirty = false;
    const reading = (async () => {
      for (const [key, value] of await session.readStates()) this.#known.set(key, value);
    })();
    this.#reading = reading.catch(() => void (this.#isDirty = true));
    await reading;
  }

  /** Brings the states to where they are needed, weights that were set meanwhile among them. */
  async #bring(run: TrainingRun): Promise<void> {
    const weights = this.#seen === weightChanges() ? [] : this.#weights().filter(({ changed }) => changed > this.#seen);
    if (this.#holder === run && weights.length === 0) return;
    await this.#read();
    for (const weight of weights) this.#known.set(weight, await weight.read());
    this.#seen = weightChanges();
    for (const { key, first } of run.step.states) if (!this.#known.has(key)) this.#known.set(key, await first());
    await run.session.writeStates(this.#known);
    this.#holder = run;
  }

  #weights(): readonly Weight[] {
    return weightsInOrder(this.#model.root);
  }

  /** One batch. `fresh`: metrics start anew. */
  async batch(kind: "train" | "test", batch: Batch, fresh: boolean): Promise<Results> {
    try {
      return await this.#batch(kind, batch, fresh);
    } catch (error) {
      const labels = this.compiled.outputs.map(({ name, loss }, i) => {
        const shape = batch.y[i]?.shape;
        return `${shape === undefined ? "no" : showShape(shape)} for ${name}${loss === null ? "" : `, by ${loss.class}`}`;
      });
      // An operation that is no layer's is one of the comparison.
      throw placed(error, (problem) =>
        problem.source === undefined || problem.path !== undefined || !/^mismatch|dtype$/.test(problem.code)
          ? problem
          : { ...problem, path: "y", message: `labels are ${labels.join("; ")}` },
      );
    }
  }

  async #batch(kind: "train" | "test", batch: Batch, fresh: boolean): Promise<Results> {
    const run = await this.#run(kind, batch);
    await this.#bring(run);
    const { optimizer, outputs } = this.compiled;
    const { learningRate } = optimizer;
    const rate =
      this.learningRate ?? (typeof learningRate === "number" ? learningRate : learningRate.at(this.iteration));
    const controls = [scalar("bool", Number(fresh))];
    if (kind === "train")
      controls.push(
        scalar("int32", seedOf(this.seed, this.iteration)),
        scalar("float64", this.iteration),
        scalar("float64", rate),
      );
    const given = [...batch.y, ...batch.weights].flatMap((t) => t ?? []);
    const made = await run.session.run([...batch.x, ...given, ...controls]);
    this.#isDirty = true;
    if (kind === "train") this.iteration++;
    const [loss, ...values] = made.map(({ data }) => Number(data[0])) as [number, ...number[]];
    const { results, norms } = run.step;
    if (kind === "train") this.gradientNorms = new Map(norms.map((weight, i) => [weight, values[results.length + i]!]));
    const part: Over = ERAS[this.#model.root.semantics].averagesParts;
    const told = namesOf(outputs, results).map((name, i) => [name, values[i]!, results[i]!.metric === null ? part : null] as const); // prettier-ignore
    // Outputs of one name share an entry: the last one's.
    return [...new Map([["loss", loss, "samples"] as const, ...told].map((one) => [one[0], one])).values()];
  }

  /** Whether more of a metric is better, by its name in logs. */
  direction(name: string): "up" | "down" | undefined {
    const plain = name.replace(/^val_/, "");
    const { outputs } = this.compiled;
    for (const { name: output, metrics, weightedMetrics } of outputs)
      for (const metric of [...metrics, ...weightedMetrics])
        if (plain === (outputs.length > 1 ? `${output}_${metric.name}` : metric.name)) return metric.direction;
    return plain.endsWith("loss") ? "down" : undefined;
  }

  /** After the last epoch: weights give way to their averages, where the optimizer keeps such. */
  async finish(): Promise<void> {
    const { finalSlot } = this.compiled.optimizer;
    if (finalSlot === undefined) return;
    await this.#read();
    for (const weight of this.#weights()) {
      const value = this.#known.get(this.key(weight, `slot/${finalSlot}`));
      if (value !== undefined) this.#known.set(weight, value);
    }
    this.#holder = null;
  }

  /** The norms of the weights of now. */
  async norms(): Promise<ReadonlyMap<Weight, number>> {
    const values = await this.weights();
    const norm = ({ data }: Tensor): number => Math.sqrt((data as Float32Array).reduce((sum, v) => sum + v * v, 0));
    return new Map(this.#weights().flatMap((weight, i) => (isFloat(weight.dtype) ? [[weight, norm(values[i]!)]] : [])));
  }

  /** The weights of now, in the model's order; as the engine has them. */
  async weights(): Promise<readonly Tensor[]> {
    await this.#read();
    return Promise.all(this.#weights().map((weight) => this.#known.get(weight) ?? weight.read()));
  }

  /** Makes the model's weights those of now, read when somebody asks for them; those that were set since are. */
  async sync(): Promise<void> {
    if (this.#isAwaited && this.#seen === weightChanges() && this.#toldRate === this.learningRate) return;
    const set = this.#weights().filter(({ changed }) => changed > this.#seen);
    if (set.length > 0) {
      await this.#read();
      for (const weight of set) this.#known.set(weight, await weight.read());
      this.#holder = null;
    }
    for (const weight of this.#weights()) {
      if (!this.#known.has(weight) || set.includes(weight)) continue;
      weight.set(async () => {
        this.#isAwaited = false;
        await this.#read();
        return this.#known.get(weight)!;
      });
    }
    this.#seen = weightChanges();
    [this.#isAwaited, this.#toldRate] = [true, this.learningRate];
    this.#model.wasSet(this.#state());
  }

  /** Goes on from what a file holds of the optimizer. Throws what `readState` throws. */
  async restore(file: OptimizerFile): Promise<void> {
    const { optimizer } = this.compiled;
    const weights = trainedWeights(this.#model.root);
    for (const { variable, value } of await readState(optimizer, weights.map(variableOf), file)) {
      const { of } = variable;
      if (of.kind === "iteration" || (of.kind === "shared" && of.iterates)) this.iteration = Number(value.data[0]);
      if (of.kind === "iteration") continue;
      if (of.kind === "learningRate") this.#setRate(Number(value.data[0]));
      else if (of.kind !== "value") this.#known.set(this.#keyOf(of, weights), value);
    }
  }

  /** As a file has it, in float32; of a config there may be more digits. */
  #setRate(stored: number): void {
    if (this.learningRate === null || Math.fround(this.learningRate) !== stored) this.learningRate = stored;
  }

  #keyOf(of: Extract<StoredVariable["of"], { kind: "slot" | "shared" }>, weights: readonly Weight[]): object {
    return of.kind === "slot"
      ? this.key(weights[of.variable]!, `slot/${of.slot}`)
      : this.key(this.compiled.optimizer, `shared/${of.index}`);
  }

  /** The variables of the optimizer, in Keras's order. */
  #state(): readonly OptimizerVariable[] {
    const { optimizer } = this.compiled;
    const weights = trainedWeights(this.#model.root);
    const variables = weights.map(variableOf);
    return optimizer.stored(variables).map((variable) => {
      const { of } = variable;
      const read = async (): Promise<Tensor> => {
        await this.#read();
        if (of.kind === "iteration") return scalar("float64", this.iteration);
        if (of.kind === "learningRate") return scalar("float64", this.learningRate!);
        if (of.kind === "value") return firstOf({ ...variable, initial: of.value });
        const kept =
          of.kind === "slot" ? optimizer.slots(variables[of.variable]!)[of.slot]! : optimizer.shared[of.index]!;
        return this.#known.get(this.#keyOf(of, weights)) ?? firstOf(kept);
      };
      return { variable, read };
    });
  }

  /** The sessions end when what the model still waits for has been read. */
  dispose(): void {
    const end = (): void => {
      for (const { session } of this.#runs.values()) session.dispose();
      this.#runs.clear();
      this.#holder = null;
    };
    void this.#read().then(end, end);
  }
}
