/** Reshaping without the batch axis. Source: keras/src/ops/operation_utils.py (`compute_reshape_output_shape`). */
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import type { Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";

const product = (shape: readonly (number | null)[]): number | null =>
  shape.reduce<number | null>((size, length) => (size === null || length === null ? null : size * length), 1);

/** x[B, …] as [B, ...target]; one entry of `target` may be -1. */
export function reshapeKeepingBatch(cx: Context, x: Sym, target: readonly number[]): Sym {
  const free = target.indexOf(-1);
  if (target.some((n, i) => n < 0 && i !== free))
    fail("malformed/config", { expected: "lengths, one of them -1 at most", found: showShape(target) });
  const size = product(x.shape.slice(1));
  const rest = product(target.filter((_, i) => i !== free))!;
  // Told here where it can be: whoever reshapes a batch of unknown length would leave it open.
  const known = size !== null && rest > 0 && size % rest === 0 ? size / rest : -1;
  if (size !== null && (free < 0 ? size !== rest : known === -1))
    fail("mismatch/shape", { expected: `as many elements as ${showShape(target)}`, found: showShape(x.shape) });
  return cx.op.reshape(x, [cx.size(x, 0), ...target.map((n) => (n === -1 ? known : n))]);
}
