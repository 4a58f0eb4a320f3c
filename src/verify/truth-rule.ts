/** When a result is right, measured against the exact one: as near to it as float32 arithmetic can be asked to come. */

/** How far values are from others. Infinity where a NaN or an infinity has no equal at its place. */
export interface ErrorStats {
  readonly maxAbs: number;
  /** `maxAbs` relative to the largest finite magnitude in the expected tensor. */
  readonly maxRel: number;
  /** In units of the last place of float32. */
  readonly maxUlp: number;
  readonly meanUlp: number;
}

/** What an error may be: so many times that of Keras's own float32, or this much of the largest magnitude. */
export const TRUTH_RULE = { times: 2, rtol: 5e-7 } as const;

/**
 * The largest error as a part of the one allowed, max(2 × Keras's own, 5e-7 of the largest magnitude in the truth): at most
 * 1 is right. `found` and `keras` are measured against the truth.
 */
export function truthExcess(found: ErrorStats, keras: ErrorStats, magnitude: number): number {
  const allowed = Math.max(TRUTH_RULE.times * keras.maxAbs, TRUTH_RULE.rtol * magnitude);
  if (found.maxAbs === 0) return 0;
  return found.maxAbs === allowed ? 1 : found.maxAbs / allowed;
}
