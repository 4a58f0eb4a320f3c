/** Which dtype an operation on two has. */
import { type DType, isFloat } from "../core/dtype.ts";

const FLOAT_RANK: readonly DType[] = ["float16", "bfloat16", "float32", "float64"];

/** The dtype of an operation on both: bool < integers < floats, the wider of a kind. */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  if (isFloat(a) !== isFloat(b)) return isFloat(a) ? a : b;
  if (isFloat(a)) {
    if ((a === "float16" && b === "bfloat16") || (a === "bfloat16" && b === "float16")) return "float32";
    return FLOAT_RANK.indexOf(a) > FLOAT_RANK.indexOf(b) ? a : b;
  }
  // Keras has no uint64 that another dtype makes: uint32 is the widest.
  if (a === "bool") return b === "uint64" ? "uint32" : b;
  if (b === "bool") return a === "uint64" ? "uint32" : a;
  const width = (d: DType) => Number(/\d+/.exec(d)![0]);
  const signed = (d: DType) => d.startsWith("int");
  if (!signed(a) && !signed(b) && width(a) + width(b) > 64) return "uint32";
  if (signed(a) === signed(b)) return width(a) > width(b) ? a : b;
  const [s, u] = signed(a) ? [a, b] : [b, a];
  if (width(s) > width(u)) return s;
  return width(u) === 64 ? "float32" : (`int${width(u) * 2}` as DType);
}
