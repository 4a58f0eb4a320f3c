/** Epochs of batches: what Keras's `fit` and `evaluate` do. Source: keras/src/backend/tensorflow/trainer.py. */
import { checkSignal } from "../core/error.ts";
import type { SignalLike } from "../core/platform.ts";
import type { Weight } from "../layers/define.ts";
import { type Batches, countOf } from "./batches.ts";
import type { Results, Trainer } from "./trainer.ts";
import type { Callback, Logs, Training } from "./types.ts";

/** How `fit` goes over its data. */
export interface FitPlan {
  readonly data: Batches;
  readonly validation: Batches | null;
  /** Whether an epoch, by its number, ends with it. */
  validates(epoch: number): boolean;
  readonly epochs: number;
  readonly initialEpoch: number;
  readonly seed: number;
  readonly callbacks: readonly Callback[];
  readonly signal: SignalLike | undefined;
  /** Whether the history has norms. */
  readonly norms: boolean;
  /** What callbacks may ask of the model. */
  readonly model: Pick<Training, "weights" | "save">;
}

/** What an epoch after the other gave. */
export interface EpochHistory {
  readonly epoch: readonly number[];
  readonly history: { readonly [name: string]: readonly number[] };
  readonly norms?: { readonly [path: string]: NormHistory };
}

/** Euclidean norms by epoch: of a weight at its end, and of its gradients, the mean of its batches; none where it has no gradient. */
export interface NormHistory {
  readonly weight: readonly number[];
  readonly gradient: readonly number[];
}

/** Adds up what the steps of an epoch tell of gradients. */
class Norms {
  readonly all: Record<string, { weight: number[]; gradient: number[] }> = Object.create(null) as never;
  readonly #sums = new Map<Weight, number>();
  #steps = 0;

  add(gradients: ReadonlyMap<Weight, number>): void {
    this.#steps += 1;
    for (const [weight, norm] of gradients) this.#sums.set(weight, (this.#sums.get(weight) ?? 0) + norm);
  }

  end(weights: ReadonlyMap<Weight, number>): void {
    for (const [weight, norm] of weights) {
      const own = (this.all[weight.path] ??= { weight: [], gradient: [] });
      own.weight.push(norm);
      const sum = this.#sums.get(weight);
      if (sum !== undefined) own.gradient.push(sum / this.#steps);
    }
    this.#sums.clear();
    this.#steps = 0;
  }
}

/** Losses averaged; metrics as the last batch tells them. */
class Told {
  readonly #sums = new Map<string, { total: number; count: number }>();
  readonly #last = new Map<string, number>();

  add(results: Results, size: number): Logs {
    for (const [name, value, over] of results) {
      const { total, count } = this.#sums.get(name) ?? { total: 0, count: 0 };
      const share = over === "samples" ? size : 1;
      const sum = { total: total + value * share, count: count + share };
      this.#sums.set(name, sum);
      this.#last.set(name, over === null ? value : sum.total / sum.count);
    }
    return Object.fromEntries(this.#last);
  }
}

/** Goes over the batches of an epoch. */
async function pass(
  trainer: Trainer,
  kind: "train" | "test",
  batches: Batches,
  signal: SignalLike | undefined,
  on: { begin?(batch: number): Promise<void>; end?(batch: number, logs: Logs): Promise<void> } = {},
): Promise<Logs> {
  const told = new Told();
  let logs: Logs = {};
  let batch = 0;
  for await (const data of batches.epoch()) {
    checkSignal(signal);
    await on.begin?.(batch);
    logs = told.add(await trainer.batch(kind, data, batch === 0), countOf(data));
    await on.end?.(batch, logs);
    batch += 1;
  }
  return logs;
}

/** Losses and metrics over all data. */
export const evaluate = (trainer: Trainer, data: Batches, signal?: SignalLike): Promise<Logs> =>
  pass(trainer, "test", data, signal);

/** Trains. The model's weights are those of the last step when it returns, or throws. */
export async function fit(trainer: Trainer, plan: FitPlan): Promise<EpochHistory> {
  const { data, validation, callbacks, signal, epochs } = plan;
  trainer.seed = plan.seed;
  trainer.watches = plan.norms;
  const norms = plan.norms ? new Norms() : null;
  let isStopped = false;
  const training: Training = {
    get learningRate() {
      return trainer.learningRate;
    },
    set learningRate(value) {
      trainer.learningRate = value;
    },
    weights: plan.model.weights,
    save: plan.model.save,
    stop: () => (isStopped = true),
    direction: (name) => trainer.direction(name),
    epochs,
    steps: data.steps,
    validates: validation !== null,
  };
  const epoch: number[] = [];
  const history: Record<string, number[]> = Object.create(null) as Record<string, number[]>;
  const tell = async (what: (callback: Callback) => void | Promise<void> | undefined): Promise<void> => {
    for (const callback of callbacks) await what(callback);
  };
  let logs: Logs = {};
  try {
    await tell((c) => c.onTrainBegin?.(training));
    for (let at = plan.initialEpoch; at < epochs && !isStopped; at++) {
      await tell((c) => c.onEpochBegin?.(training, at));
      logs = await pass(trainer, "train", data, signal, {
        begin: (batch) => tell((c) => c.onBatchBegin?.(training, batch)),
        end: (batch, now) => {
          norms?.add(trainer.gradientNorms);
          return tell((c) => c.onBatchEnd?.(training, batch, now));
        },
      });
      norms?.end(await trainer.norms());
      if (validation !== null && plan.validates(at)) {
        const found = await evaluate(trainer, validation, signal);
        logs = { ...logs, ...Object.fromEntries(Object.entries(found).map(([name, value]) => [`val_${name}`, value])) };
      }
      epoch.push(at);
      await tell((c) => c.onEpochEnd?.(training, at, logs));
      for (const [name, value] of Object.entries(logs)) (history[name] ??= []).push(value);
    }
    await trainer.finish();
    await tell((c) => c.onTrainEnd?.(training, logs));
  } finally {
    await trainer.sync();
  }
  return { epoch, history, ...(norms && { norms: norms.all }) };
}
