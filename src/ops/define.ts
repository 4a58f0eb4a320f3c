/** What the files of this folder say of each operation: one rule for every signature. */
import type { DType } from "../core/dtype.ts";
import type { AttrsOf, CompositeName, In, OpName, Out, PrimitiveName, Slots } from "./signatures.ts";
import type { OpContext } from "./builder.ts";
import type { Attrs, Graph, Shape, Sym } from "./types.ts";

interface Rule<N extends OpName> {
  /** Output shapes from those of the operands. Called with nulls by the tracer, with numbers by `resolve`. Fails with `mismatch/shape`. */
  shape(x: In<N, Shape>, a: AttrsOf<N>, body?: Graph): Out<N, Shape>;
  /** The dtypes that it takes, in words where they do not fit: it never gets others. */
  takes(x: In<N, DType>, a: AttrsOf<N>, body?: Graph): string | null;
  /** Output dtypes; default: that of the first operand, for every output. */
  dtype?(x: In<N, DType>, a: AttrsOf<N>, body?: Graph): Out<N, DType>;
}

/** An operation that every engine has: what it computes is said in `engines/reference/arithmetic/`. */
export type PrimitiveRule<N extends PrimitiveName> = Rule<N>;

/** An operation that an engine may take whole, and that is otherwise spelt out in primitives. */
export interface CompositeRule<N extends CompositeName> extends Rule<N> {
  expand(cx: OpContext, x: In<N, Sym>, a: AttrsOf<N>, body?: Graph): Out<N, Sym>;
}

/** The loop: its step is the node's body, run by the engine. */
export type LoopRule = Rule<"scan">;

/** What is done with texts: no engine runs it. */
export type HostRule = Rule<"text">;

/** The rule of whichever operation. */
interface Any {
  shape(x: Slots<Shape>, a: Attrs, body?: Graph): Slots<Shape>;
  takes(x: Slots<DType>, a: Attrs, body?: Graph): string | null;
  dtype?(x: Slots<DType>, a: Attrs, body?: Graph): Slots<DType>;
}
/** The rule of some primitive. */
export interface AnyPrimitive extends Any {
  readonly kind: "primitive";
}
/** The rule of some composite: it is spelt out in other operations. */
export interface AnyComposite extends Any {
  readonly kind: "composite";
  expand(cx: OpContext, x: Slots<Sym>, a: Attrs, body?: Graph): Slots<Sym>;
}
/** The rule of the loop. */
export interface AnyLoop extends Any {
  readonly kind: "loop";
}
/** The rule of what no engine runs. */
export interface AnyHost extends Any {
  readonly kind: "host";
}
/** The rule of whichever operation; `kind` tells what it can. */
export type AnyRule = AnyPrimitive | AnyComposite | AnyLoop | AnyHost;

/** A table with one rule for each name. */
export function rulesFor<N extends string, R>(names: readonly N[], rule: (name: N) => R): Record<N, R> {
  return Object.fromEntries(names.map((name) => [name, rule(name)])) as Record<N, R>;
}

/** A table with the rules that follow from the entries of another. */
export function each<N extends string, T, R>(
  table: Readonly<Record<N, T>>,
  rule: (entry: T, name: NoInfer<N>) => R,
): Record<N, R> {
  const entries = Object.entries(table) as [N, T][];
  return Object.fromEntries(entries.map(([name, entry]) => [name, rule(entry, name)])) as Record<N, R>;
}
