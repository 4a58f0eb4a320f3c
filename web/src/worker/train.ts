/** Training the open model on a table of numbers. */
import { type Logs, optimizers, save, tensor } from "../../../src/index.ts";
import { current } from "./state.ts";

export interface Lesson {
  /** Row by row. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly rows: number;
  readonly loss: string;
  readonly rate: number;
  readonly epochs: number;
}

let stopping: AbortController | null = null;

/** `onEpoch` is told the losses; what is learned stays in the open model. Stopping keeps what was learned until then. */
export async function train(lesson: Lesson, onEpoch: (loss: number, validation: number | null) => void): Promise<void> {
  const { model } = current();
  const { x, y, rows, loss, rate, epochs } = lesson;
  const end = (of: "inputs" | "outputs"): number[] => [rows, ...model[of][0]!.shape!.slice(1).map((n) => n ?? 1)];
  const isClasses = loss === "sparse_categorical_crossentropy";
  model.compile({ optimizer: optimizers.adam({ learningRate: rate }), loss });
  stopping = new AbortController();
  const { signal } = stopping;
  const told = (_: unknown, _epoch: number, logs: Logs): void =>
    onEpoch(Number(logs["loss"]), logs["val_loss"] === undefined ? null : Number(logs["val_loss"]));
  try {
    await model.fit(tensor(x, end("inputs")), isClasses ? tensor(y, [rows]) : tensor(y, end("outputs")), {
      epochs,
      batchSize: Math.min(32, rows),
      validationSplit: rows >= 10 ? 0.2 : 0,
      callbacks: [{ onEpochEnd: told }],
      signal,
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

export function stopTraining(): void {
  stopping?.abort();
}

/** The model as it is now. */
export async function trained(): Promise<Uint8Array<ArrayBuffer>> {
  const files = await save(current().model, { format: "keras-v3" });
  return [...files.values()][0] as Uint8Array<ArrayBuffer>;
}
