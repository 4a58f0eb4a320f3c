/** What becomes of masks in several families. */
import type { Context } from "../define.ts";
import type { Sym } from "../../ops/types.ts";

/** Passed on since Keras 3; tf-keras lets it go (`supports_masking` is false there). */
export const passedSinceKeras3 = (
  cx: Context,
  _c: unknown,
  masks: readonly (Sym | undefined)[],
): readonly (Sym | undefined)[] => (cx.semantics === "keras3" ? [masks[0]] : []);
