/** What every stored array is held against before anything is made of it. */
import { fail } from "../core/error.ts";
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
  if (name.length > limits.nameBytes)
    fail("limit/name-bytes", { ...where, expected: `at most ${limits.nameBytes} bytes`, found: `${name.length}` });
  if (shape.length > limits.rank)
    fail("limit/rank", { ...where, expected: `at most ${limits.rank} axes`, found: `${shape.length}` });
  const count = shape.includes(0) ? 0 : shape.reduce((product, n) => product * n, 1);
  if (count * itemBytes > limits.tensorBytes)
    fail("limit/tensor-bytes", {
      ...where,
      expected: `at most ${limits.tensorBytes} bytes`,
      found: `${count * itemBytes} bytes`,
    });
  return count;
}
