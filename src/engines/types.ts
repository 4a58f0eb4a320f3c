/** What every backend offers: a graph goes in, a session that runs it comes out. */
import type { NumericArray } from "../core/dtype.ts";
import type { Limits } from "../core/limits.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Graph, GraphNode, Value, ValueId } from "../ops/types.ts";
import type { SignalLike } from "../core/platform.ts";

export interface OpenOptions {
  readonly limits?: Limits;
  /** Bit-equal results on all machines: no fused multiply-add. Of the wasm backend. */
  readonly strict?: boolean;
  /** Threads that share large operations, with the one that calls. Of the wasm backend. Default 1. */
  readonly threads?: number;
  /** Multiply-adds from which an operation is large. */
  readonly threadWork?: number;
}

export interface RunOptions {
  /**
   * Stops a run between two operations with the signal's reason: looked at every 50 ms, or when the operation that takes
   * longer (a layer over all time steps, a convolution) is done.
   */
  readonly signal?: SignalLike;
}

/** One graph, ready to run with inputs of any shape that its inputs allow; it owns the state of stateful layers. */
export interface Session {
  /**
   * The outputs, in the graph's order. Throws `mismatch/inputs`, `mismatch/shape` or `mismatch/dtype` for inputs that the
   * graph does not take, `mismatch/range` for an index outside a table, `limit/run-bytes`, `limit/memory`,
   * `mismatch/disposed`. State changes only when a run succeeds.
   */
  run(inputs: readonly Tensor[], options?: RunOptions): readonly Tensor[] | Promise<readonly Tensor[]>;
  /** Stateful layers start from zeros again, once the runs asked for before are done. */
  resetStates(): void;
  /** Frees what the session holds, once the runs asked for before are done. */
  dispose(): void;
}

/** A tensor, or its values alone: row-major, in the array type of the dtype, of the shape that was prepared. */
export type Values = Tensor | NumericArray;

/** Inputs and outputs of the prepared shapes, as tensors whose `data` lies in the session's memory. */
export interface Views<T = Tensor> {
  readonly inputs: readonly T[];
  readonly outputs: readonly T[];
}

/** A session that also answers at once, without allocating, after `prepare`. */
export interface SyncSession extends Session {
  /**
   * Compiles for inputs of these shapes and reads the weights. `warmUp` runs on zeros let the engine replace its first,
   * slower code; they change no state.
   */
  prepare(shapes: readonly (readonly number[])[], warmUp: number): Promise<void>;
  /** Shapes given to `prepare`; null before. */
  readonly prepared: readonly (readonly number[])[] | null;
  /**
   * As `run`. Throws also `mismatch/not-prepared` before `prepare`, or for a shape that needs a weight in another layout
   * than those read; `mismatch/busy` while a `run` is under way; `mismatch/view` for an array in the session's memory that
   * is not the current view of just this input.
   */
  runSync(inputs: Values | readonly Values[]): readonly Tensor[];
  /** The same, values written into `out`, which must have the outputs' dtypes and sizes. */
  runInto(inputs: Values | readonly Values[], out: Values | readonly Values[]): void;
  /**
   * Valid until a run with another shape, until memory grows, until `prepare` or `dispose`: then they have no elements
   * (with threads, elements of no meaning).
   * Throws `unsupported/view` for dtypes that memory holds in another form.
   */
  views(): Views;
}

export interface Backend {
  readonly id: string;
  /** Whether the backend runs a composite node whole; `values` tells shapes and dtypes. */
  takes(node: GraphNode, values: ReadonlyMap<ValueId, Value>): boolean;
  /** Reads the weights. Throws `unsupported/layer` with every call of the graph that cannot run. */
  open(graph: Graph, options?: OpenOptions): Promise<Session>;
}
