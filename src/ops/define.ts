/** How the files of this folder declare their operations: attributes typed by each operation, one table for all. */
import type { DType } from "../core/dtype.ts";
import type { Operands } from "./dtypes.ts";
import type { Composite, Graph, Loop, Nd, OpContext, Primitive, Shape, Sym } from "./types.ts";

interface Declared<A> {
  readonly name: string;
  readonly takes: Operands<A>;
  shape(x: readonly Shape[], a: A, body?: Graph): Shape[];
  dtype?(x: readonly DType[], a: A, body?: Graph): DType[];
}

export interface PrimitiveOf<A> extends Declared<A> {
  /** `dtypes` are those of the outputs. */
  run(x: readonly Nd[], a: A, out: readonly Nd[], dtypes: readonly DType[]): void;
}

export interface CompositeOf<A> extends Declared<A> {
  expand(cx: OpContext, x: readonly Sym[], a: A, body?: Graph): readonly Sym[];
}

// The builder is the only maker of attributes, so the table may forget their types.
export function primitive<A>(op: PrimitiveOf<A>): Primitive {
  return { kind: "primitive", ...op } as unknown as Primitive;
}

export function composite<A>(op: CompositeOf<A>): Composite {
  return { kind: "composite", ...op } as unknown as Composite;
}

export function loop<A>(op: Declared<A>): Loop {
  return { kind: "loop", ...op } as unknown as Loop;
}
