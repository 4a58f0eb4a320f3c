/** Vectors of length 1. Source: keras/src/ops/nn.py (`_normalize`), tf.linalg.l2_normalize. */
import type { Semantics } from "../../core/semantics.ts";
import type { Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";

/** Shorter vectors than this are divided by it. */
export const shortest = (semantics: Semantics, epsilon: number): number => (semantics === "keras3" ? epsilon : 1e-6);

/** x · min(1/‖x‖, 1/epsilon) over some axes; before Keras 3 x / sqrt(max(‖x‖², 1e-12)). */
export function l2Normalized(cx: Context, x: Sym, axes: readonly number[], epsilon: number): Sym {
  const { op } = cx;
  const squared = op.sum(op.square(x), axes, true);
  if (cx.semantics !== "keras3") return op.multiply(x, op.rsqrt(op.maximum(squared, 1e-12)));
  return op.multiply(x, op.minimum(op.rsqrt(squared), 1 / epsilon));
}
