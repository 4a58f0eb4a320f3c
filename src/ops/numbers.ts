/** Integers of a fixed width. */
import type { DType } from "../core/dtype.ts";

/** A number as an integer of that width: truncated, wrapped around; 0 for NaN and infinities. */
export function wrapInteger(value: number, dtype: DType): number {
  if (!Number.isFinite(value)) return 0;
  const whole = Math.trunc(value);
  switch (dtype) {
    case "int32":
      return whole | 0;
    case "uint32":
      return whole >>> 0;
    case "int8":
      return (whole << 24) >> 24;
    case "int16":
      return (whole << 16) >> 16;
    case "uint8":
      return whole & 0xff;
    case "uint16":
      return whole & 0xffff;
    default:
      if (dtype === "int64" && Number.isSafeInteger(whole)) return whole + 0;
      if (dtype === "uint64" && Number.isSafeInteger(whole) && whole >= 0) return whole + 0;
      return Number(dtype === "int64" ? BigInt.asIntN(64, BigInt(whole)) : BigInt.asUintN(64, BigInt(whole)));
  }
}

/** The least number that a register for casts to an integer dtype holds, and the first beyond. */
export function registerOf(dtype: DType): readonly [least: number, beyond: number] {
  if (dtype === "uint64") return [-(2 ** 63), 2 ** 64];
  return dtype === "int64" || dtype === "uint32" ? [-(2 ** 63), 2 ** 63] : [-(2 ** 31), 2 ** 31];
}
