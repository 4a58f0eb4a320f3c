/** When a result is right, measured against the exact one: as near to it as float32 arithmetic can be asked to come. */

import type { DType } from "../core/dtype.ts";

/** How far values are from others. Infinity where a NaN or an infinity has no equal at its place. */
export interface ErrorStats {
  /** The largest difference. */
  readonly maxAbs: number;
  /** `maxAbs` relative to the largest finite magnitude in the expected tensor. */
  readonly maxRel: number;
  /** In units of the last place of float32. */
  readonly maxUlp: number;
  /** The mean of differences in units of the last place. */
  readonly meanUlp: number;
}

/** What an error may be: so many times that of Keras's own, or this much of the largest magnitude, of float32. */
export const TRUTH_RULE = { times: 2, rtol: 5e-7 } as const;

/** How many times wider than those of float32 the steps of a dtype are. */
const STEPS: { readonly [dtype in DType]?: number } = { float16: 2 ** 13, bfloat16: 2 ** 16 };

/**
 * The largest error as a part of the one allowed, max(2 × Keras's own, 5e-7 of the largest magnitude in the truth; of 16-bit
 * `dtype`s as many of their steps): at most 1 is right. `found` and `keras` are measured against the truth.
 */
export function truthExcess(
  found: Pick<ErrorStats, "maxAbs">,
  keras: Pick<ErrorStats, "maxAbs">,
  magnitude: number,
  dtype: DType = "float32",
): number {
  const allowed = Math.max(TRUTH_RULE.times * keras.maxAbs, TRUTH_RULE.rtol * (STEPS[dtype] ?? 1) * magnitude);
  if (found.maxAbs === 0) return 0;
  return found.maxAbs === allowed ? 1 : found.maxAbs / allowed;
}
