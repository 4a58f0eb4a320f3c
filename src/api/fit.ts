/** The public side of training: what callers pass becomes batches, names become losses, metrics and optimizers. */
import type { JsonObject } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import { kindOf, type OptionKinds, readOptions } from "../core/guard.ts";
import { checkTensor, isTensor, type Tensor, tensor } from "../core/tensor.ts";
import { openSession } from "../engines/index.ts";
import { compileConfig } from "../formats/training.ts";
import { compiledFor, type GivenTraining } from "../train/compile.ts";
import { toCompileConfig, givenOf } from "../train/config.ts";
import { ERAS, TFJS } from "../train/era.ts";
import { lossScaleOptimizer } from "../train/optimizers/index.ts";
import { type Batches, batchesOf, countOf, split, Stream } from "../train/batches.ts";
import { evaluate, fit } from "../train/fit.ts";
import { type OptimizerFile, type OptimizerVariable, storedState } from "../train/state.ts";
import { type Batch, Trainer } from "../train/trainer.ts";
import type { Logs } from "../train/types.ts";
import { LANGUAGES } from "../formats/languages.ts";
import { weightsInOrder } from "../model/walk.ts";
import { type InputValue, type PredictInput, readInputs } from "./inputs.ts";
import { saveToMap, type SaveOptions } from "./save.ts";
import type {
  BatchSource,
  CompileOptions,
  EvaluateOptions,
  FitBatch,
  FitOptions,
  FitStreamOptions,
  History,
  StreamOptions,
  TrainedModel,
} from "./training-options.ts";

const EVALUATE: OptionKinds<EvaluateOptions> = { batchSize: "number", sampleWeight: "any", signal: "object" };
const BOTH = {
  epochs: "number",
  initialEpoch: "number",
  validationData: "any",
  validationBatchSize: "number",
  validationSteps: "number",
  validationFreq: "any",
  seed: "number",
  classWeight: "object",
  callbacks: "object",
  norms: "boolean",
  signal: "object",
} as const;
const FIT: OptionKinds<FitOptions> = { ...EVALUATE, ...BOTH, validationSplit: "number", shuffle: "boolean" };
const FIT_STREAM: OptionKinds<FitStreamOptions> = { ...BOTH, stepsPerEpoch: "number" };
const STREAM: OptionKinds<StreamOptions> = { steps: "number", signal: "object" };

const isArrays = (data: FitBatch | BatchSource): data is FitBatch => Array.isArray(data);

const stepsOf = (name: string, steps: number | undefined): number | null =>
  steps === undefined ? null : whole(name, steps, 1);

const whole = (name: string, value: number, least: number): number =>
  Number.isSafeInteger(value) && value >= least
    ? value
    : fail("mismatch/option", { path: name, expected: `a whole number from ${least}`, found: String(value) });

/** Which epochs end with a validation: each so many, or those of a list, counted from 1. */
function epochsOf(freq: number | readonly number[]): (epoch: number) => boolean {
  if (!Array.isArray(freq)) {
    const every = whole("validationFreq", freq as number, 1);
    return (epoch) => (epoch + 1) % every === 0;
  }
  const all = freq.map((epoch) => whole("validationFreq", epoch as number, 1));
  return (epoch) => all.includes(epoch + 1);
}

/** Values as tensors: their own dtype where they have one. */
function asTensor(value: InputValue, path: string): Tensor {
  if (!isTensor(value)) return tensor(value);
  checkTensor(value, path);
  return value;
}

/** One value for each output; null where an output has none. */
function byOutput(value: PredictInput | undefined, names: readonly string[], what: string): readonly (Tensor | null)[] {
  if (value === undefined) return names.map(() => null);
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value) && !isTensor(value); // prettier-ignore
  if (isRecord) {
    const given = value as { readonly [name: string]: InputValue };
    const strange = Object.keys(given).find((name) => !names.includes(name));
    if (strange !== undefined)
      fail("mismatch/outputs", { path: what, expected: `one of ${names.join(", ")}`, found: strange });
    return names.map((name) => (given[name] === undefined ? null : asTensor(given[name], `${what}/${name}`)));
  }
  const isList = Array.isArray(value) && (names.length > 1 || (value.length === 1 && isTensor(value[0])));
  const all = isList ? (value as readonly InputValue[]) : [value as InputValue];
  if (all.length !== names.length)
    fail("mismatch/outputs", { path: what, expected: `${names.length} arrays`, found: String(all.length) });
  return all.map((one, i) => asTensor(one, `${what}/${names[i]!}`));
}

/** Each name once: those that are taken with a number behind. Source: tf_keras/src/engine/functional.py. */
function unlike(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return names.map((name) => {
    let own = name;
    while (taken.has(own)) {
      const count = counts.get(name) ?? 1;
      own = `${name}_${count}`;
      counts.set(name, count + 1);
    }
    taken.add(own);
    return own;
  });
}

/** The class of each sample: where labels are vectors, the place of their largest number. */
function classOf({ shape, data }: Tensor): number[] {
  const count = shape[0]!;
  const width = data.length / count;
  return Array.from({ length: count }, (_, i) => {
    const row = Array.from(data.slice(i * width, (i + 1) * width) as ArrayLike<number | bigint>, Number);
    return width === 1 ? row[0]! : row.indexOf(Math.max(...row));
  });
}

/** A compiled model that is being trained. */
export class FitSession {
  readonly root: TrainedModel["root"];
  readonly #model: TrainedModel;
  readonly #given: GivenTraining;
  /** Of a file that tells how it was trained. */
  readonly #file: OptimizerFile | null;
  #trainer: Trainer | null = null;
  #restored: Promise<void> | null = null;

  /** `options`: null to go on as the model's file says. */
  constructor(model: TrainedModel, options: CompileOptions | null) {
    const archive = options === null ? model.saved.data.archive : null;
    this.#model = model;
    const era = archive?.writer.library === "tfjs-layers" ? TFJS : ERAS[model.root.semantics];
    this.#given = options ?? givenOf(compileConfig(archive!.training as JsonObject), era);
    const head = archive && LANGUAGES[archive.dialect].optimizerHead;
    // Keras scales the loss of a model in float16 by itself: the file names the optimizer that is inside.
    const { optimizer } = this.#given;
    const isScaled = archive?.optimizer.some(({ key }) => /(^|\/)inner_optimizer\//.test(key)) === true;
    if (isScaled && typeof optimizer === "object" && optimizer.class !== lossScaleOptimizer.class)
      this.#given = { ...this.#given, optimizer: lossScaleOptimizer({ innerOptimizer: optimizer }) };
    this.#file = archive && { arrays: archive.optimizer, keepsRate: head!.includes("learning_rate") };
    this.root = model.root;
  }

  /** What the outputs are called in records and logs. */
  #names(outputs: readonly { readonly name: string }[]): readonly string[] {
    const names = outputs.map(({ name }) => name);
    return ERAS[this.root.semantics].countsOutputs ? unlike(names) : names;
  }

  /** Names are looked up when the shapes of labels are known. */
  async #training(kind: "train" | "test", { x, y }: Batch): Promise<Trainer> {
    const { root, limits, runtime } = this.#model;
    const outputs = this.#model.outputs(x.map(({ shape }) => shape));
    const shapes = outputs.map(({ shape }) => shape);
    const names = this.#names(outputs);
    this.#trainer ??= new Trainer(
      {
        root,
        open: (graph) => openSession(graph, { ...runtime, limits }),
        wasSet: (state) => this.#wasTrained(state),
      },
      compiledFor(this.#given, names, y, shapes),
    );
    if (kind === "train" && this.#file !== null) await (this.#restored ??= this.#trainer.restore(this.#file));
    return this.#trainer;
  }

  #wasTrained(state: readonly OptimizerVariable[]): void {
    const { compiled, learningRate } = this.#trainer!;
    const config = toCompileConfig(this.#given, compiled.optimizer, learningRate);
    this.#model.wasTrained({ config, optimizer: state.map(storedState) });
  }

  #data(
    x: PredictInput,
    y: PredictInput,
    sampleWeight: PredictInput | undefined,
    classWeight: FitOptions["classWeight"],
  ): Batch {
    const read = readInputs(x, this.#model.inputs);
    const outputs = this.#names(this.#model.outputs(read.map(({ shape }) => shape)));
    const labels = byOutput(y, outputs, "y");
    const weights = [...byOutput(sampleWeight, outputs, "sampleWeight")];
    if (classWeight !== undefined) {
      if (outputs.length > 1) fail("mismatch/option", { path: "classWeight", message: "of a model with one output" });
      if (weights[0]) fail("mismatch/option", { path: "classWeight", message: "with sampleWeight only one of both" });
      const data = Float32Array.from(classOf(labels[0]!), (label) => classWeight[label] ?? 1);
      weights[0] = { dtype: "float32", shape: [data.length], data };
    }
    const floats = weights.map((w) => w && (w.dtype === "float32" ? w : tensor(w.data as never, w.shape, "float32")));
    return { x: read, y: labels, weights: floats };
  }

  #stream(source: BatchSource, steps: number | null, classWeight?: FitOptions["classWeight"]): Stream<FitBatch> {
    return new Stream(source, steps, (batch) => {
      if (!Array.isArray(batch) || batch.length < 2 || batch.length > 3)
        fail("mismatch/inputs", {
          source: "fit",
          expected: "batches [x, y] or [x, y, sampleWeight]",
          found: kindOf(batch),
        });
      return this.#data(batch[0], batch[1], batch[2], classWeight);
    });
  }

  #validation(o: FitOptions | FitStreamOptions, batchSize: number): Batches | null {
    const { validationData: data, validationSteps } = o;
    if (data === undefined) return null;
    if (isArrays(data) && validationSteps !== undefined)
      fail("mismatch/option", {
        path: "validationSteps",
        message: "of validation batches that come one after the other",
      });
    if (!isArrays(data)) return this.#stream(data, stepsOf("validationSteps", validationSteps));
    const [x, y, weights] = data;
    return batchesOf(this.#data(x, y, weights, undefined), whole("validationBatchSize", o.validationBatchSize ?? batchSize, 1)); // prettier-ignore
  }

  async fit(x: PredictInput, y: PredictInput, given: FitOptions): Promise<History> {
    const o = readOptions("fit", given, FIT);
    const batchSize = whole("batchSize", o.batchSize ?? 32, 1);
    const all = this.#data(x, y, o.sampleWeight, o.classWeight);
    const { data, validation } = o.validationSplit ? split(all, o.validationSplit) : { data: all, validation: null };
    if (countOf(data) === 0) fail("mismatch/inputs", { source: "fit", expected: "samples", found: "none" });
    const batches = batchesOf(data, batchSize, (o.shuffle ?? true) ? (o.seed ?? 0) : null);
    const beside = this.#validation(o, batchSize);
    const kept = validation && batchesOf(validation, whole("validationBatchSize", o.validationBatchSize ?? batchSize, 1)); // prettier-ignore
    return this.#run(await this.#training("train", all), batches, beside ?? kept, o);
  }

  async fitStream(source: BatchSource, given: FitStreamOptions): Promise<History> {
    const o = readOptions("fit", given, FIT_STREAM);
    const batches = this.#stream(source, stepsOf("stepsPerEpoch", o.stepsPerEpoch), o.classWeight);
    return this.#run(await this.#training("train", await batches.first()), batches, this.#validation(o, 32), o);
  }

  #run(
    trainer: Trainer,
    data: Batches,
    validation: Batches | null,
    o: FitOptions | FitStreamOptions,
  ): Promise<History> {
    if (!Array.isArray(o.callbacks ?? []))
      fail("mismatch/option", { path: "callbacks", expected: "an array", found: kindOf(o.callbacks) });
    const weights = () => weightsInOrder(this.root);
    const saved = (format: string) => saveToMap(this.#model.saved, { format: format as SaveOptions["format"] });
    return fit(trainer, {
      data,
      validation,
      validates: epochsOf(o.validationFreq ?? 1),
      epochs: whole("epochs", o.epochs ?? 1, 0),
      initialEpoch: whole("initialEpoch", o.initialEpoch ?? 0, 0),
      seed: o.seed ?? 0,
      callbacks: o.callbacks ?? [],
      signal: o.signal,
      norms: o.norms ?? false,
      model: {
        weights: {
          async get() {
            await trainer.sync();
            return Promise.all(weights().map((weight) => weight.read()));
          },
          async set(values) {
            await trainer.sync();
            weights().forEach((weight, i) => weight.set(values[i]!));
          },
        },
        async save(format) {
          await trainer.sync();
          return saved(format);
        },
      },
    });
  }

  async evaluate(x: PredictInput, y: PredictInput, given: EvaluateOptions): Promise<Logs> {
    const o = readOptions("evaluate", given, EVALUATE);
    const data = this.#data(x, y, o.sampleWeight, undefined);
    const batches = batchesOf(data, whole("batchSize", o.batchSize ?? 32, 1));
    return evaluate(await this.#training("test", data), batches, o.signal);
  }

  async evaluateStream(source: BatchSource, given: StreamOptions): Promise<Logs> {
    const o = readOptions("evaluate", given, STREAM);
    const batches = this.#stream(source, stepsOf("steps", o.steps));
    return evaluate(await this.#training("test", await batches.first()), batches, o.signal);
  }

  async onBatch(kind: "train" | "test", x: PredictInput, y: PredictInput, given: EvaluateOptions): Promise<Logs> {
    const o = readOptions(kind === "train" ? "trainOnBatch" : "testOnBatch", given, EVALUATE);
    const data = this.#data(x, y, o.sampleWeight, undefined);
    countOf(data);
    const trainer = await this.#training(kind, data);
    const results = await trainer.batch(kind, data, true);
    if (kind === "train") await trainer.sync();
    return Object.fromEntries(results.map(([name, value]) => [name, value]));
  }

  dispose(): void {
    this.#trainer?.dispose();
  }
}
