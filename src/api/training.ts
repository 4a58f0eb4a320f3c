/**
 * Training, as models offer it: what Keras's `compile`, `fit`, `evaluate`, `train_on_batch` and `test_on_batch` do. All that
 * computes is loaded when it is first called.
 */
import { fail } from "../core/error.ts";
import { type OptionKinds, readOptions } from "../core/guard.ts";
import { isCompiled } from "../formats/training.ts";
import type { Logs } from "../train/types.ts";
import type { FitSession } from "./fit.ts";
import type { InputValue, PredictInput } from "./inputs.ts";
import type {
  BatchSource,
  CompileOptions,
  EvaluateOptions,
  FitOptions,
  FitStreamOptions,
  Gradients,
  History,
  ScalarOf,
  StreamOptions,
  TrainedModel,
} from "./training-options.ts";

/** Whether batches come one after the other: of what can be gone over, `predict` takes arrays alone. */
function isSource(x: PredictInput | BatchSource): x is BatchSource {
  if (typeof x === "function") return true;
  if (typeof x !== "object" || x === null) return false;
  return Symbol.asyncIterator in x || (Symbol.iterator in x && !Array.isArray(x) && !ArrayBuffer.isView(x));
}

/** What they hold is looked up when labels are known. */
const COMPILE_OPTIONS: OptionKinds<CompileOptions> = {
  optimizer: "any",
  loss: "any",
  lossWeights: "object",
  metrics: "any",
  weightedMetrics: "any",
};

/** What a model of Keras does with labels. */
export abstract class Trainable {
  #options: CompileOptions | null = null;
  #session: Promise<FitSession> | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  /** What is trained. Throws what keeps the model from running. */
  /** @internal */
  protected abstract trained(): TrainedModel;

  /**
   * Says how to train. The optimizer starts anew; names are looked up at the first step. Without it, training goes on as
   * the file of a model says that Keras has trained, from the optimizer's state in it.
   */
  compile(options: CompileOptions = {}): this {
    const read = readOptions("compile", options, COMPILE_OPTIONS);
    this.endTraining();
    this.#options = read;
    return this;
  }

  /** Ends what was under way; weights stay as they are. */
  protected endTraining(): void {
    void this.#session?.then(
      (session) => session.dispose(),
      () => undefined,
    );
    this.#session = null;
  }

  /** Single batches for which nobody waits follow each other. */
  #inTurn(step: (session: FitSession) => Promise<Logs>): Promise<Logs> {
    const turn = this.#turn.then(async () => step(await this.#training()));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #training(): Promise<FitSession> {
    const model = this.trained();
    const options = this.#options;
    if (options === null && !isCompiled(model.saved.data.archive?.training ?? null))
      fail("mismatch/not-compiled", { message: "call compile first: the model's file does not say how it is trained" });
    const known = this.#session === null ? null : await this.#session;
    if (known !== null && known.root === model.root) return known;
    const session = import("./fit.ts").then(({ FitSession: Session }) => new Session(model, options));
    this.#session = session;
    return session;
  }

  /**
   * Trains on arrays: `x` as `predict` takes it, `y` likewise by output; or on batches that come one after the other. Gives
   * losses and metrics of each epoch. Throws `mismatch/not-compiled`, `mismatch/*` for what does not fit,
   * `unsupported/training` for what cannot be trained.
   */
  fit(x: PredictInput, y: PredictInput, options?: FitOptions): Promise<History>;
  fit(batches: BatchSource, options?: FitStreamOptions): Promise<History>;
  async fit(
    x: PredictInput | BatchSource,
    y: PredictInput | FitStreamOptions = {},
    options: FitOptions = {},
  ): Promise<History> {
    const session = await this.#training();
    return isSource(x) ? session.fitStream(x, y as FitStreamOptions) : session.fit(x, y as PredictInput, options);
  }

  /** Loss and metrics over arrays, or batches that come one after the other, by name. Throws what `fit` throws. */
  evaluate(x: PredictInput, y: PredictInput, options?: EvaluateOptions): Promise<Logs>;
  evaluate(batches: BatchSource, options?: StreamOptions): Promise<Logs>;
  async evaluate(
    x: PredictInput | BatchSource,
    y: PredictInput | StreamOptions = {},
    options: EvaluateOptions = {},
  ): Promise<Logs> {
    const session = await this.#training();
    return isSource(x)
      ? session.evaluateStream(x, y as StreamOptions)
      : session.evaluate(x, y as PredictInput, options);
  }

  /** One step of training on one batch; gives its loss and metrics. Throws what `fit` throws. */
  async trainOnBatch(x: PredictInput, y: PredictInput, options: EvaluateOptions = {}): Promise<Logs> {
    return this.#inTurn((session) => session.onBatch("train", x, y, options));
  }

  /**
   * Gradients with respect to inputs (what an output depends on) and weights, as the model predicts, without dropout and
   * with zero states: `gradients(x, (op, [y]) => op.max(y, [-1]))` of each sample's largest output. The model is compiled
   * anew in each call. Throws what `predict` throws, `mismatch/argument` for an `of` that gives no value of floats.
   */
  async gradients(x: PredictInput, of: ScalarOf, others: readonly InputValue[] = []): Promise<Gradients> {
    const model = this.trained();
    return (await import("./gradients.ts")).gradientsOf(model, x, of, others);
  }

  /** Loss and metrics of one batch. Throws what `fit` throws. */
  async testOnBatch(x: PredictInput, y: PredictInput, options: EvaluateOptions = {}): Promise<Logs> {
    return this.#inTurn((session) => session.onBatch("test", x, y, options));
  }
}
