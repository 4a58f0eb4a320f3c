/**
 * Where batches come from: arrays that are cut, or a source that gives them one after the other.
 * Source: keras/src/trainers/data_adapters/.
 */
import { fail } from "../core/error.ts";
import { Random } from "../core/random.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Batch } from "./trainer.ts";

/** Batches, epoch by epoch. */
export interface Batches {
  /** Of an epoch; null where that is not known. */
  readonly steps: number | null;
  /** Those of the next epoch. */
  epoch(): Iterable<Batch> | AsyncIterable<Batch>;
}

/** How many samples there are. Throws `mismatch/shape` where arrays differ. */
export function countOf({ x, y, weights }: Batch): number {
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
function mapped({ x, y, weights }: Batch, rows: Rows): Batch {
  const each = (all: readonly (Tensor | null)[]) => all.map((t) => t && rows(t));
  return { x: x.map(rows), y: each(y), weights: each(weights) };
}

/** The last part of the arrays is kept for validation, before any shuffling. */
export function split(data: Batch, part: number): { readonly data: Batch; readonly validation: Batch } {
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

function shuffled(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Arrays cut into batches; in another order each epoch where a seed is given. */
export function batchesOf(data: Batch, batchSize: number, seed: number | null = null): Batches {
  const count = countOf(data);
  const random = seed === null ? null : new Random(seed);
  return {
    steps: Math.ceil(count / batchSize),
    *epoch() {
      const order = random && shuffled(count, random);
      for (let start = 0; start < count; start += batchSize)
        yield mapped(data, rowsOf(start, Math.min(start + batchSize, count), order));
    },
  };
}

/** What gives values one after the other, once or each time anew. */
export type InTurn<T> = Iterable<T> | AsyncIterable<T> | (() => Iterable<T> | AsyncIterable<T>);

/**
 * Batches of a source. An epoch is `steps` of them, or all that there are; the next one goes on behind it, and where the
 * source has ended begins it anew. Throws `mismatch/inputs` where that gives none: a generator ends only once.
 */
export class Stream<T> implements Batches {
  readonly steps: number | null;
  readonly #source: InTurn<T>;
  readonly #read: (value: T) => Batch;
  #values: Iterator<T> | AsyncIterator<T> | null = null;
  #next: Batch | null = null;

  constructor(source: InTurn<T>, steps: number | null, read: (value: T) => Batch) {
    this.#source = source;
    this.steps = steps;
    this.#read = read;
  }

  /** The first of those that come next, which stays there. */
  async first(): Promise<Batch> {
    this.#next ??= await this.#take();
    return this.#next ?? this.#begun();
  }

  async #take(): Promise<Batch | null> {
    const { done, value } = (await this.#values?.next()) ?? { done: true, value: undefined };
    if (done !== true) return this.#read(value as T);
    this.#values = null;
    return null;
  }

  async #begun(): Promise<Batch> {
    const values = typeof this.#source === "function" ? this.#source() : this.#source;
    this.#values = Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
    this.#next = await this.#take();
    return (
      this.#next ??
      fail("mismatch/inputs", { source: "fit", expected: "batches, or a function that makes them anew", found: "none" })
    );
  }

  async *epoch(): AsyncGenerator<Batch> {
    let batch: Batch | null = await this.first();
    for (let step = 1; batch !== null; step++) {
      this.#next = null;
      yield batch;
      if (step === this.steps) return;
      batch = await this.#take();
    }
  }
}
