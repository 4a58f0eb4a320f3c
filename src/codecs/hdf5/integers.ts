/** The exponent of the largest power of two that is not above `value` (at least 1), exactly. */
export function log2Floor(value: number): number {
  let exponent = 0;
  for (let rest = value; rest >= 2; rest /= 2) exponent++;
  return exponent;
}

/** Whether it is 1, 2, 4 … */
export function isPowerOfTwo(value: number): boolean {
  return value >= 1 && 2 ** log2Floor(value) === value;
}

/** Bytes that HDF5 takes for a count of at most `most` ("limit encoding size"). */
export function bytesForCount(most: number): number {
  return Math.floor(log2Floor(Math.max(1, most)) / 8) + 1;
}
