/**
 * The graph as plain data, and what an operation declares. A graph is a list of operations over numbered values;
 * everything below the layers (reference arithmetic, kernels, op-level exporters) sees only this.
 */
import type { DType } from "../core/dtype.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Operands } from "./dtypes.ts";

/** Lengths of axes, row-major; null where the length is known only when the graph runs. */
export type Shape = readonly (number | null)[];

/** Unique within a trace, bodies included. */
export type ValueId = number;

/** A length: a number, an axis of a value, or arithmetic on lengths (`div` is exact division or fails). */
export type Size =
  | number
  | { readonly of: ValueId; readonly axis: number }
  | { readonly fn: "add" | "sub" | "mul" | "div" | "max"; readonly a: Size; readonly b: Size };

export type Attr = string | boolean | null | Size | readonly Attr[] | { readonly [key: string]: Attr | undefined };
export type Attrs = { readonly [key: string]: Attr | undefined };

/** A weight as the graph sees it: where its values come from, never the values themselves. */
export interface WeightRef {
  readonly name: string;
  readonly dtype: DType;
  /** The stored shape; null only before a built model has made its weights. */
  readonly shape: readonly number[] | null;
  read(): Promise<Tensor>;
}

export interface Value {
  /** null: not even the rank is known. */
  shape: Shape | null;
  dtype: DType;
  /** A constant's own dtype is float64 where the value's is any float: the unrounded number. */
  from?: { readonly weight: WeightRef } | { readonly constant: Tensor } | { readonly state: string };
}

export interface GraphNode {
  readonly op: string;
  readonly in: readonly ValueId[];
  readonly out: readonly ValueId[];
  readonly attrs: Attrs;
  /** The step of `scan` and `rnn`. The outer values it reads are its `captures`, appended to `in`. */
  readonly body?: Graph;
  /** Index into `calls` of the outermost graph. */
  readonly call: number;
}

export interface GraphState {
  readonly path: string;
  readonly shape: readonly Size[];
  readonly dtype: DType;
  /** The value at the start of a run; `write` is its value at the end. */
  readonly read: ValueId;
  readonly write: ValueId;
}

export interface GraphCall {
  /** Names of the layers down to the one called, joined by `/`. */
  readonly path: string;
  readonly class: string;
  /** Counts the calls of one layer. */
  readonly index: number;
  outputs: readonly ValueId[];
  /** Why this call cannot run. */
  problem?: string;
}

export interface Graph {
  /** Shared by a graph and its bodies. */
  readonly values: ReadonlyMap<ValueId, Value>;
  readonly nodes: readonly GraphNode[];
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  /** Of a body: outer values and their stand-ins, in the order in which they follow the node's own inputs. */
  readonly captures: readonly { readonly outer: ValueId; readonly inner: ValueId }[];
  readonly states: readonly GraphState[];
  readonly calls: readonly GraphCall[];
}

/** A traced value: lives only while tracing. `mask` is a bool value of the same graph, as Keras carries it. */
export interface Sym {
  readonly id: ValueId;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly mask?: Sym;
}

/** Values inside the reference arithmetic: always float64, whatever the dtype says (bool is 0 and 1). */
export interface Nd {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** What a composite may use to expand itself. */
export interface OpContext {
  readonly op: import("./builder.ts").Ops;
  /** The length of an axis: a number where known, else a reference that `resolve` fills in. Negative axes count from the end. */
  size(x: Sym, axis: number): Size;
  /** Emits a `scan`: `xs` are cut along `axis` (default 1), one slice a step; `ys` are stacked along it. */
  scan(
    init: readonly Sym[],
    xs: readonly Sym[],
    step: (carry: readonly Sym[], x: readonly Sym[]) => { carry: readonly Sym[]; ys: readonly Sym[] },
    options?: { axis?: number },
  ): { carry: readonly Sym[]; ys: readonly Sym[] };
  /** Emits a body's nodes here, its inputs replaced by `x`; returns its outputs. */
  inline(body: Graph, x: readonly Sym[]): readonly Sym[];
}

interface OpBase<A extends Attrs> {
  readonly name: string;
  /** Output shapes from input shapes. Called with nulls by the tracer, with numbers by `resolve`. Fails with `mismatch/shape`. */
  shape(x: readonly Shape[], a: A, body?: Graph): Shape[];
  /** The dtypes that it takes: it never gets others. */
  readonly takes: Operands<A>;
  /** Output dtypes; default: that of the first input, for every output. */
  dtype?(x: readonly DType[], a: A, body?: Graph): DType[];
}

/** An operation with arithmetic of its own. `run` writes into `out`, whose shapes are resolved. */
export interface Primitive<A extends Attrs = Attrs> extends OpBase<A> {
  readonly kind: "primitive";
  run(x: readonly Nd[], a: A, out: readonly Nd[], dtypes: readonly DType[]): void;
}

/** An operation that a backend may take whole, and that is otherwise spelt out in primitives. */
export interface Composite<A extends Attrs = Attrs> extends OpBase<A> {
  readonly kind: "composite";
  expand(cx: OpContext, x: readonly Sym[], a: A, body?: Graph): readonly Sym[];
}

/** The loop: its step is the node's body, run by the backend. */
export interface Loop<A extends Attrs = Attrs> extends OpBase<A> {
  readonly kind: "loop";
}

export type Op = Primitive | Composite | Loop;
