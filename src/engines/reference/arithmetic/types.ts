/** What the operations compute: float64, one function an operation. */
import type { DType } from "../../../core/dtype.ts";
import type { AttrsOf, In, Out, PrimitiveName } from "../../../ops/signatures.ts";
import type { Nd } from "../../../ops/types.ts";

/** Writes into `out`, whose shapes are resolved; `dtypes` are those of the outputs, `from` of the operands. */
export type Computation<N extends PrimitiveName> = (
  x: In<N, Nd>,
  a: AttrsOf<N>,
  out: Out<N, Nd>,
  dtypes: Out<N, DType>,
  from: In<N, DType>,
) => void;
