/**
 * What a call computes, spelt out in operations of the graph: how a generation says what it has no word for. Graphs are made
 * beyond this folder, so these are given to it.
 */
import type { DType } from "../core/dtype.ts";
import type { Call, CallArg } from "../layers/define.ts";
import type { AttrsOf, In, OpName, Slots } from "../ops/signatures.ts";
import type { Attrs, Shape, ValueId } from "../ops/types.ts";

/** An operation over what others make, constants, and what the call is given. */
export interface Spelt {
  readonly op: OpName;
  readonly in: Slots<SpeltValue>;
  readonly attrs: Attrs;
  /** The dtypes of its operands, in their order. */
  readonly operands: readonly DType[];
  /** Their shapes. */
  readonly shapes: readonly Shape[];
  /** The value whose length an attribute names, and its shape. */
  measured(of: ValueId): { readonly value: SpeltValue; readonly shape: Shape };
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One whose operation is known. */
export interface SpeltOf<N extends OpName> extends Omit<Spelt, "op" | "in" | "attrs"> {
  readonly op: N;
  readonly in: In<N, SpeltValue>;
  readonly attrs: AttrsOf<N>;
}

/** What is made, or stands in the file. */
export type SpeltValue = Spelt | CallArg;

export const isSpelt = (value: SpeltValue): value is Spelt => "op" in value;

/** A call spelt out. */
export interface SpeltCall {
  readonly outputs: readonly SpeltValue[];
  /** Where it is given what functions make of lengths alone: the tensors behind those, and the others that it is given. */
  readonly behind: readonly CallArg[] | null;
}
export type SpeltCalls = ReadonlyMap<Call, SpeltCall>;
