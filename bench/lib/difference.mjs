/** Largest difference from the wanted numbers, as a share of the largest of them; NaN counts as infinite. */
export function difference(found, want) {
  if (found.length !== want.length) return Infinity;
  let [worst, scale] = [0, 0];
  for (let i = 0; i < want.length; i++) {
    const d = Math.abs(found[i] - want[i]);
    if (!(d <= worst)) worst = Number.isNaN(d) ? Infinity : d;
    scale = Math.max(scale, Math.abs(want[i]));
  }
  return worst / scale;
}

/** More than this, and a candidate is not timed. */
export const TOLERANCE = 1e-4;
