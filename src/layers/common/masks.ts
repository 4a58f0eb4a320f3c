/** What becomes of masks in several families. */
import type { Context, LayerNode } from "../define.ts";
import type { Sym } from "../../ops/types.ts";

/** Passed on since Keras 3; tf-keras lets it go (`supports_masking` is false there). */
export const passedSinceKeras3 = (
  cx: Context,
  _c: unknown,
  masks: readonly (Sym | undefined)[],
  _x: unknown,
  y: readonly Sym[],
): readonly (Sym | undefined)[] => (cx.semantics === "keras3" ? y.map((_, i) => masks[i]) : []);

/**
 * Whether a class of tf-keras supports masks: one that does not refuses to tell what becomes of one (`compute_mask`), which
 * a layer around it asks.
 */
export function supportsMasks({ def }: LayerNode): boolean {
  if (def?.kind !== "layer" || def.isCustom === true) return true;
  return def.mask !== undefined && def.mask !== passedSinceKeras3 && def.mask !== passedUnchanged;
}

/**
 * A mask stands on the tensor: what gives back the very tensor it got gives its mask too, a layer whether it supports masks
 * or not, or an operation.
 */
export const passedUnchanged = (
  _cx: unknown,
  _c: unknown,
  masks: readonly (Sym | undefined)[],
  x: readonly Sym[],
  y: readonly Sym[],
): readonly (Sym | undefined)[] => y.map(({ id }, i) => (x[i]?.id === id ? masks[i] : undefined));
