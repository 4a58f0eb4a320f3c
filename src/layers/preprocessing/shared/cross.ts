/** The values of several inputs together as one of so many places. Source: keras/src/layers/preprocessing/hashed_crossing.py. */
import { fail } from "../../../core/error.ts";
import { showShape } from "../../../core/tensor.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";

/** The place of x1, x2 …[B] or [B, 1] among `bins`, by a hash, as int64. */
export function crossed({ op }: Context, x: readonly Sym[], bins: number): Sym {
  const { shape } = x[0]!;
  if (shape.length < 1 || shape.length > 2 || (shape.length === 2 && shape[1] !== 1))
    return fail("mismatch/shape", { expected: "[batch] or [batch, 1]", found: showShape(shape) });
  return op.text(x, { fn: "cross", options: { bins }, shape, dtype: "int64" });
}
