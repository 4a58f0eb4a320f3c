/**
 * What a call computes, spelt out in operations of the graph: how a generation says what it has no word for. Graphs are made
 * beyond this folder, so these are given to it.
 */
import type { DType } from "../core/dtype.ts";
import type { Call, CallArg } from "../layers/define.ts";
import type { AttrsOf, In, OpName, Slots } from "../ops/signatures.ts";
import type { Attrs, Shape } from "../ops/types.ts";

/** An operation over what others make, constants, and what the call is given. */
export interface Spelt {
  readonly op: OpName;
  readonly in: Slots<SpeltValue>;
  readonly attrs: Attrs;
  /** The dtypes of its operands, in their order. */
  readonly operands: readonly DType[];
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One whose operation is known. */
export interface SpeltOf<N extends OpName> extends Pick<Spelt, "shape" | "dtype" | "operands"> {
  readonly op: N;
  readonly in: In<N, SpeltValue>;
  readonly attrs: AttrsOf<N>;
}

/** What is made, or stands in the file. */
export type SpeltValue = Spelt | CallArg;

export const isSpelt = (value: SpeltValue): value is Spelt => "op" in value;

/** The outputs of calls. */
export type SpeltCalls = ReadonlyMap<Call, readonly SpeltValue[]>;
