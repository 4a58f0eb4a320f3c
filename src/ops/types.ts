/**
 * The graph as plain data, and what an operation declares. A graph is a list of operations over numbered values;
 * everything below the layers (reference arithmetic, kernels, op-level exporters) sees only this.
 */
import type { Problem } from "../core/error.ts";
import type { DType } from "../core/dtype.ts";
import type { Tensor } from "../core/tensor.ts";
import type { AttrsOf, In, OpName, Out, Slots } from "./signatures.ts";
import type { Shape, Size, ValueId } from "./size.ts";

export type { Shape, Size, ValueId };

/** What an attribute of a node may hold; a function, for what the caller computes. */
export type Attr =
  | string
  | boolean
  | null
  | Size
  | ((ops: never, x: never) => unknown)
  | readonly Attr[]
  | { readonly [key: string]: Attr | undefined };
/** Attributes by name. */
export type Attrs = { readonly [key: string]: Attr | undefined };

/** A weight as the graph sees it: where its values come from, never the values themselves. */
export interface WeightRef {
  readonly name: string;
  /** Of a layer's: by which layer, and its name there. */
  readonly path?: string;
  readonly dtype: DType;
  /** The stored shape; null only before a built model has made its weights. */
  readonly shape: readonly number[] | null;
  read(): Promise<Tensor>;
}

/** A value of the graph: what is known of it, and where it comes from if no node makes it. */
export interface Value {
  /** null: not even the rank is known. */
  shape: Shape | null;
  dtype: DType;
  /** A constant's own dtype is float64 where the value's is any float: the unrounded number. */
  from?: { readonly weight: WeightRef } | { readonly constant: Tensor } | { readonly state: string };
}

/** An operation over values. */
export interface GraphNode {
  readonly op: OpName;
  /** By the names of the operation's signature, and in their order; null where an optional operand is absent. */
  readonly in: Slots<ValueId>;
  readonly out: Slots<ValueId>;
  readonly attrs: Attrs;
  /** The step of `scan` and `rnn`. The outer values it reads are its `captures`: the node's `captured`. */
  readonly body?: Graph;
  /** Index into `calls` of the outermost graph. */
  readonly call: number;
}

/** A node whose operation is known. */
export interface NodeOf<N extends OpName> extends GraphNode {
  readonly op: N;
  readonly in: In<N, ValueId> & Slots<ValueId>;
  readonly out: Out<N, ValueId> & Slots<ValueId>;
  readonly attrs: AttrsOf<N>;
}

/** A value that is kept from run to run. */
export interface GraphState {
  readonly path: string;
  /** The same object for the same state of the same layer, in whichever graph. */
  readonly key: object;
  readonly shape: readonly Size[];
  readonly dtype: DType;
  /** The value at the start of a run; `write` is its value at the end. */
  readonly read: ValueId;
  readonly write: ValueId;
}

/** What sigmoid or softmax makes a value of. */
export interface Logits {
  /** What the function was given, of the shape of the value. */
  readonly x: Sym;
  /** The function. */
  readonly fn: "sigmoid" | "softmax";
  /** Whether it works along the last axis. */
  readonly isLast: boolean;
  /** The class of layer whose call made the value. */
  readonly by: string;
}

/** A call of a layer, from which nodes come. */
export interface GraphCall {
  /** Names of the layers down to the one called, joined by `/`. */
  readonly path: string;
  readonly class: string;
  /** Counts the calls of one layer. */
  readonly index: number;
  outputs: readonly ValueId[];
  /** Why this call cannot run. */
  problems?: readonly Problem[];
}

/** Operations in an order in which each comes after what it reads. */
export interface Graph {
  /** Shared by a graph and its bodies. */
  readonly values: ReadonlyMap<ValueId, Value>;
  readonly nodes: readonly GraphNode[];
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  /** Of a body: outer values and their stand-ins, in the order of the node's `captured`. */
  readonly captures: readonly { readonly outer: ValueId; readonly inner: ValueId }[];
  readonly states: readonly GraphState[];
  readonly calls: readonly GraphCall[];
}

/** A traced value: lives only while tracing. `mask` is a bool value of the same graph, as Keras carries it. */
export interface Sym {
  /** Its number in the graph. */
  readonly id: ValueId;
  /** null where a call decides. */
  readonly shape: Shape;
  /** Of its elements. */
  readonly dtype: DType;
  /** Which steps count, where Keras carries a mask. */
  readonly mask?: Sym;
  /** The numbers in lists as which it stands in the call: some functions take those for several tensors. */
  readonly listed?: readonly number[];
}

/** Values inside the reference arithmetic: always float64, whatever the dtype says (bool is 0 and 1). */
export interface Nd {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}
