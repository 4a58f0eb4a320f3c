/** Which weights lie in memory in fewer bytes than float32 takes. */
import { sizeOf } from "../../core/tensor.ts";
import type { WeightDType } from "../types.ts";
import { isSingle } from "./kernels/storage.ts";
import type { Operand } from "./kernels/types.ts";

/**
 * Weights of so few elements stay as they are: those of a file with 16-bit floats, which are slower than float32 as long as
 * that fits the processor's caches, and those that the session asks for.
 */
const [LEAST_OWN, LEAST_ASKED] = [1 << 21, 1 << 12];

/** Whether a weight's numbers take 8 bits. */
export const isByte = ({ dtype }: { readonly dtype: string }): boolean => dtype === "int8" || dtype === "uint8";

/** The form of a weight: that of its 16-bit floats, or of its bytes, which are such floats; or what the session asks for. */
export function formName(
  { weight, dtype, shape }: Operand,
  asked: WeightDType | undefined,
): WeightDType | "bfloat16" | undefined {
  const size = sizeOf(shape);
  if (weight === undefined) return undefined;
  if (asked !== undefined && size >= LEAST_ASKED) return asked;
  if (size < LEAST_OWN || !isSingle(dtype)) return undefined;
  if (isByte(weight)) return "bfloat16";
  return [dtype, weight.dtype].find((held) => held === "float16" || held === "bfloat16");
}
