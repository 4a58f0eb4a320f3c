/** What becomes of masks in several families. */
import type { Context } from "../define.ts";
import type { Sym } from "../../ops/types.ts";

/** Passed on since Keras 3; tf-keras lets it go (`supports_masking` is false there). */
export const passedSinceKeras3 = (
  cx: Context,
  _c: unknown,
  masks: readonly (Sym | undefined)[],
): readonly (Sym | undefined)[] => (cx.semantics === "keras3" ? [masks[0]] : []);

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
