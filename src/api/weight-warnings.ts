/** Looks through stored weights for values that are not finite: such a model loads, but its user should know. */
import type { DType } from "../core/dtype.ts";
import type { Problem } from "../core/error.ts";
import type { StoredWeight } from "../core/stored.ts";
import type { ModelData } from "../model/bind.ts";
import { weightsInOrder } from "../model/walk.ts";

/** All bits of the exponent, which only NaN and the infinities have set; where it lies in each group of bytes. */
const EXPONENTS: ReadonlyMap<DType, readonly [bytes: number, mask: number]> = new Map([
  ["float16", [2, 0x7c00]],
  ["bfloat16", [2, 0x7f80]],
  ["float32", [4, 0x7f800000]],
  ["float64", [8, 0x7ff00000]],
] as const);

function hasNonFinite(bytes: Uint8Array, size: number, mask: number): boolean {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  if (size === 2) {
    const words = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 1);
    for (let i = 0; i < words.length; i++) if ((words[i]! & mask) === mask) return true;
    return false;
  }
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 2);
  const step = size >> 2;
  for (let i = step - 1; i < words.length; i += step) if ((words[i]! & mask) === mask) return true;
  return false;
}

async function nonFinite(stored: StoredWeight): Promise<boolean> {
  const exponent = EXPONENTS.get(stored.dtype);
  if (exponent === undefined) return false;
  for await (const bytes of stored.slices()) if (hasNonFinite(bytes, ...exponent)) return true;
  return false;
}

/** One warning for each weight that holds NaN or an infinity. */
export async function weightWarnings(data: ModelData): Promise<readonly Problem[]> {
  const warnings: Problem[] = [];
  for (const weight of weightsInOrder(data.root)) {
    for (const stored of weight.source) {
      if (!(await nonFinite(stored))) continue;
      warnings.push({
        code: "mismatch/non-finite",
        path: stored.key,
        message: `${weight.path} holds NaN or infinite values`,
      });
      break;
    }
  }
  return warnings;
}
