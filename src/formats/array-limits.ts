/** What every stored array is held against before anything is made of it. */
import { atMost } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";

/**
 * The number of values of a stored array. Throws `limit/name-bytes`, `limit/rank`, `limit/tensor-bytes`, naming it.
 */
export function checkStored(
  array: { readonly name: string; readonly shape: readonly number[]; readonly itemBytes: number },
  where: { readonly source: string; readonly file: string; readonly path: string },
  limits: Limits,
): number {
  const { name, shape, itemBytes } = array;
  atMost("limit/name-bytes", name.length, limits.nameBytes, "bytes", where);
  atMost("limit/rank", shape.length, limits.rank, "axes", where);
  const count = shape.includes(0) ? 0 : shape.reduce((product, n) => product * n, 1);
  atMost("limit/tensor-bytes", count * itemBytes, limits.tensorBytes, "bytes", where);
  return count;
}
