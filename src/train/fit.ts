/** Epochs of batches: what Keras's `fit` and `evaluate` do with arrays. Source: keras/src/backend/tensorflow/trainer.py. */
import { checkSignal, fail } from "../core/error.ts";
import type { SignalLike } from "../core/platform.ts";
import { Random } from "../core/random.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Batch, Results, Trainer } from "./trainer.ts";
import type { Callback, Logs, Training } from "./types.ts";

/** Arrays as long as one another: inputs, labels and weights of samples. */
export type Data = Batch;

/** How `fit` goes over its data. */
export interface Plan {
  readonly data: Data;
  readonly validation: Data | null;
  readonly batchSize: number;
  readonly validationBatchSize: number;
  readonly epochs: number;
  readonly initialEpoch: number;
  readonly shuffle: boolean;
  readonly seed: number;
  readonly callbacks: readonly Callback[];
  readonly signal: SignalLike | undefined;
  /** What callbacks may ask of the model. */
  readonly model: Pick<Training, "weights" | "save">;
}

/** What an epoch after the other gave. */
export interface History {
  readonly epoch: readonly number[];
  readonly history: { readonly [name: string]: readonly number[] };
}

/** How many samples there are. Throws `mismatch/shape` where arrays differ. */
export function countOf({ x, y, weights }: Data): number {
  const counts = [...x, ...y, ...weights].flatMap((t) => (t === null ? [] : [t.shape[0] ?? NaN]));
  const [first = 0] = counts;
  if (counts.some((n) => n !== first))
    fail("mismatch/shape", { source: "fit", expected: "arrays of one length", found: counts.join(", ") });
  return first;
}

type Rows = (t: Tensor) => Tensor;

/** Rows from one to another; `order` says which row of the array is at which place. */
function rowsOf(start: number, end: number, order: Uint32Array | null): Rows {
  return ({ dtype, shape, data }) => {
    const width = data.length / shape[0]!;
    const part = data.slice(start * width, end * width);
    if (order !== null && !Array.isArray(part) && !Array.isArray(data))
      for (let i = start; i < end; i++)
        part.set(data.subarray(order[i]! * width, (order[i]! + 1) * width) as never, (i - start) * width);
    return { dtype, shape: [end - start, ...shape.slice(1)], data: part } as Tensor;
  };
}

/** The same rows of all arrays. */
function mapped({ x, y, weights }: Data, rows: Rows): Data {
  const each = (all: readonly (Tensor | null)[]) => all.map((t) => t && rows(t));
  return { x: x.map(rows), y: each(y), weights: each(weights) };
}

/** The last part of the arrays is kept for validation, before any shuffling. */
export function split(data: Data, part: number): { readonly data: Data; readonly validation: Data } {
  const count = countOf(data);
  const at = Math.floor(count * (1 - part));
  if (!(part > 0 && part < 1) || at === 0 || at === count)
    fail("mismatch/option", {
      path: "validationSplit",
      expected: "a part that leaves samples for both",
      found: `${part} of ${count}`,
    });
  return { data: mapped(data, rowsOf(0, at, null)), validation: mapped(data, rowsOf(at, count, null)) };
}

/** Losses averaged over samples; metrics as the last batch tells them. */
class Told {
  readonly #sums = new Map<string, number>();
  readonly #last = new Map<string, number>();
  #count = 0;

  add(results: Results, size: number): Logs {
    this.#count += size;
    for (const [name, value, isLoss] of results) {
      if (isLoss) this.#sums.set(name, (this.#sums.get(name) ?? 0) + value * size);
      this.#last.set(name, isLoss ? this.#sums.get(name)! / this.#count : value);
    }
    return Object.fromEntries(this.#last);
  }
}

/** Goes over all data once. `done`: called after each batch. */
async function pass(
  trainer: Trainer,
  kind: "train" | "test",
  {
    data,
    batchSize,
    order,
    signal,
  }: { data: Data; batchSize: number; order: Uint32Array | null; signal: SignalLike | undefined },
  on: { begin?(batch: number): Promise<void>; end?(batch: number, logs: Logs): Promise<void> } = {},
): Promise<Logs> {
  const count = countOf(data);
  const told = new Told();
  let logs: Logs = {};
  for (let start = 0, batch = 0; start < count; start += batchSize, batch++) {
    checkSignal(signal);
    await on.begin?.(batch);
    const end = Math.min(start + batchSize, count);
    logs = told.add(await trainer.batch(kind, mapped(data, rowsOf(start, end, order)), batch === 0), end - start);
    await on.end?.(batch, logs);
  }
  return logs;
}

/** Losses and metrics over all data. */
export async function evaluate(trainer: Trainer, data: Data, batchSize: number, signal?: SignalLike): Promise<Logs> {
  return pass(trainer, "test", { data, batchSize, order: null, signal });
}

function shuffled(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Trains. The model's weights are those of the last step when it returns, or throws. */
export async function fit(trainer: Trainer, plan: Plan): Promise<History> {
  const { data, validation, batchSize, callbacks, signal, epochs } = plan;
  const count = countOf(data);
  if (count === 0) fail("mismatch/inputs", { source: "fit", expected: "samples", found: "none" });
  const random = new Random(plan.seed);
  trainer.seed = plan.seed;
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
    steps: Math.ceil(count / batchSize),
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
      const order = plan.shuffle ? shuffled(count, random) : null;
      logs = await pass(
        trainer,
        "train",
        { data, batchSize, order, signal },
        {
          begin: (batch) => tell((c) => c.onBatchBegin?.(training, batch)),
          end: (batch, now) => tell((c) => c.onBatchEnd?.(training, batch, now)),
        },
      );
      if (validation !== null) {
        const found = await evaluate(trainer, validation, plan.validationBatchSize, signal);
        logs = { ...logs, ...Object.fromEntries(Object.entries(found).map(([name, value]) => [`val_${name}`, value])) };
      }
      epoch.push(at);
      for (const [name, value] of Object.entries(logs)) (history[name] ??= []).push(value);
      await tell((c) => c.onEpochEnd?.(training, at, logs));
    }
    await trainer.finish();
    await tell((c) => c.onTrainEnd?.(training, logs));
  } finally {
    await trainer.sync();
  }
  return { epoch, history };
}
