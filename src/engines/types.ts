/** What every backend offers: a graph goes in, a session that runs it comes out. */
import type { NumericArray } from "../core/dtype.ts";
import type { Limits } from "../core/limits.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Graph, ValueId } from "../ops/types.ts";
import type { SignalLike } from "../core/platform.ts";

/** What large weights can be rounded to. */
export type WeightDType = "float16" | "int8";

/** How near to the truth a session computes: `fast` is less exact where that takes less. */
export type Precision = "default" | "fast";

/** How a session is opened. */
export interface OpenOptions {
  readonly limits?: Limits;
  /** Bit-equal results on all machines: no fused multiply-add. Of engines that are `strict`. */
  readonly strict?: boolean;
  /** Large weights in fewer bytes, rounded. Of engines that have `weightDtype`. Default: as they are. */
  readonly weightDtype?: WeightDType | undefined;
  /** Of engines that can be `fast`. Default: `default`. */
  readonly precision?: Precision | undefined;
  /** Threads that share large operations, with the one that calls. Of engines that have `threads`. Default 1. */
  readonly threads?: number;
  /** Where ONNX Runtime computes, in the order of preference: `cpu`, `wasm`, `webgpu` … Default: its own. */
  readonly providers?: readonly string[];
  /** Multiply-adds from which an operation is large. */
  readonly threadWork?: number;
}

/** How a session runs. */
export interface RunOptions {
  /**
   * Stops a run between two operations with the signal's reason: looked at every 50 ms, or when the operation that takes
   * longer (a layer over all time steps, a convolution) is done.
   */
  readonly signal?: SignalLike;
  /** Called as often with the number of operations done, and that of all. */
  readonly onStep?: (done: number, total: number) => void;
  /** `float64`: floating-point outputs unrounded, as float64. Default: the graph's dtypes. Of engines with `precision`. */
  readonly precision?: "float64";
  /** Values of the opened graph, outside of loops, that are given after the outputs. Of engines with `precision`. */
  readonly watch?: readonly ValueId[];
}

/** Values of states by `GraphState.key`. */
export type States = ReadonlyMap<object, Tensor>;

/** One graph, ready to run with inputs of any shape that its inputs allow; it owns the state of stateful layers. */
export interface Session {
  /**
   * The outputs, in the graph's order. Throws `mismatch/inputs`, `mismatch/shape` or `mismatch/dtype` for inputs that the
   * graph does not take, `mismatch/range` for an index outside a table, `limit/run-bytes`, `limit/memory`,
   * `mismatch/disposed`. State changes only when a run succeeds.
   */
  run(inputs: readonly Tensor[], options?: RunOptions): readonly Tensor[] | Promise<readonly Tensor[]>;
  /** The states that runs so far have left, by `GraphState.key`; absent: zeros. Once the runs asked for before are done. */
  readStates(): States | Promise<States>;
  /** Puts other states in their place, zeros for those that are absent. At once where no runs are under way. */
  writeStates(states: States): void | Promise<void>;
  /** Stateful layers start from zeros again, once the runs asked for before are done. */
  resetStates(): void;
  /** Frees what the session holds, once the runs asked for before are done. */
  dispose(): void;
}

/** A tensor, or its values alone: row-major, in the array type of the dtype, of the shape that was prepared. */
export type Values = Tensor | NumericArray;

/** Inputs and outputs of the prepared shapes, as tensors whose `data` lies in the session's memory. */
export interface Views<T = Tensor> {
  /** To be filled. */
  readonly inputs: readonly T[];
  /** To be read after a run. */
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

/** What computes a part of a graph, as an engine names it. */
export interface KernelInfo {
  /** `gemm`, `recurrent`, `elementwise` … */
  readonly name: string;
  /**
   * `fused`: whole steps of a layer in vector registers; `vector`: several numbers at a time; `scalar`: one by one;
   * `copy`: nothing is computed.
   */
  readonly way: "fused" | "vector" | "scalar" | "copy";
  /** How many a run of the plan has. */
  readonly count: number;
}

/** For each index into a graph's `calls` the kernels of its own nodes, in the order in which they first run. */
export type KernelsByCall = ReadonlyMap<number, readonly KernelInfo[]>;

/** An engine: what it can, and how a session of it is opened. It is loaded at the start, so what it needs is not. */
export interface Backend {
  /** What callers name it by. */
  readonly id: string;
  /** Whether it keeps `OpenOptions.strict`. */
  readonly strict: boolean;
  /** Whether it takes more than one thread. */
  readonly threads: boolean;
  /** Whether it keeps weights in fewer bytes. */
  readonly weightDtype: boolean;
  /** Whether it keeps `OpenOptions.precision`. */
  readonly fast: boolean;
  /** Whether its sessions are `SyncSession`. */
  readonly sync: boolean;
  /** Whether it computes in float64, and so keeps `RunOptions.precision`. */
  readonly precision: boolean;
  /** Whether it computes in several places, of which `OpenOptions.providers` chooses. */
  readonly providers: boolean;
  /** The kernels for inputs of these shapes; nothing is run or read. Null: it has none to tell. */
  readonly kernels: ((graph: Graph, shapes: readonly (readonly number[])[]) => Promise<KernelsByCall>) | null;
  /** Milliseconds that the same calls take in a run on zeros, as `kernels` names them. Null: it cannot tell. */
  readonly times:
    ((graph: Graph, shapes: readonly (readonly number[])[]) => Promise<ReadonlyMap<number, number>>) | null;
  /** Loads its code, for which `open` then need not wait. Null: only what runs on it loads it. */
  readonly fetch: (() => Promise<unknown>) | null;
  /** Reads the weights. Throws `unsupported/layer` with every call of the graph that cannot run. */
  open(graph: Graph, options?: OpenOptions): Promise<Session>;
}
