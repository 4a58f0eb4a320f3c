/** Comparisons with limits. */
import { fail } from "../../core/error.ts";
import type { Limits } from "../../core/limits.ts";

/** Refuses `found` over `most` as `limit/<kind>`. */
export function refuseOver(
  kind: "depth" | "entries" | "strings" | "tensor-bytes" | "total-tensor-bytes",
  found: number,
  most: number,
  message: string,
): void {
  if (found > most) fail(`limit/${kind}`, { source: "hdf5", message, expected: `at most ${most}`, found: `${found}` });
}

/** Refuses `declared` bytes that come from far fewer stored ones. */
export function checkExpansion(limits: Limits, stored: number, declared: number): void {
  if (declared <= limits.ratioFloor || declared <= stored * limits.expansionRatio) return;
  fail("limit/expansion-ratio", {
    source: "hdf5",
    message: "declared against stored size exceeds limits.expansionRatio",
    expected: `at most ${limits.expansionRatio} : 1`,
    found: `${declared} bytes from ${stored}`,
  });
}
