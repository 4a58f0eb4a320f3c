/** What every backend offers: a graph goes in, a session that runs it comes out. */
import type { Limits } from "../core/limits.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Graph, GraphNode, Value, ValueId } from "../ops/types.ts";

export interface OpenOptions {
  readonly limits?: Limits;
}

export interface RunOptions {
  /** Stops a run between two operations with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** One graph, ready to run with inputs of any shape that its inputs allow; it owns the state of stateful layers. */
export interface Session {
  /**
   * The outputs, in the graph's order. Throws `mismatch/inputs`, `mismatch/shape` or `mismatch/dtype` for inputs that the
   * graph does not take, `mismatch/range` for an index outside a table, `limit/run-bytes`. State changes only when a run
   * succeeds.
   */
  run(inputs: readonly Tensor[], options?: RunOptions): readonly Tensor[] | Promise<readonly Tensor[]>;
  /** Stateful layers start from zeros again. */
  resetStates(): void;
  dispose(): void;
}

export interface Backend {
  readonly id: string;
  /** Whether the backend runs a composite node whole; `values` tells shapes and dtypes. */
  takes(node: GraphNode, values: ReadonlyMap<ValueId, Value>): boolean;
  /** Reads the weights. Throws `unsupported/layer` with every call of the graph that cannot run. */
  open(graph: Graph, options?: OpenOptions): Promise<Session>;
}
