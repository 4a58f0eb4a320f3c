/** Which dtypes TensorFlow's functions of one or two operands compute. Source: the kernels that TensorFlow 2.21 registers. */
import { type DType, isFloat } from "../core/dtype.ts";

/** Of numbers that are no floats too; the others compute in floats in Keras 3. */
const WHOLE: ReadonlySet<string> = new Set(
  "Absolute Abs Negative Sign Square Copy StopGradient Add Subtract Multiply Maximum Minimum FloorDivide Mod Equal NotEqual Less LessEqual Greater GreaterEqual".split(
    " ",
  ),
);
const TRUTH: ReadonlySet<string> = new Set(["LogicalAnd", "LogicalOr", "LogicalXor", "LogicalNot"]);
/** Not of numbers that have no sign. */
const SIGNED: ReadonlySet<string> = new Set("Absolute Abs Negative Sign Square FloorDivide Mod".split(" "));
const ANY: ReadonlySet<string> = new Set(["Copy", "StopGradient", "Equal", "NotEqual"]);

/** Whether the function of an operation of Keras 3 computes a dtype. */
export function takesDType(op: string, dtype: DType): boolean {
  if (TRUTH.has(op)) return dtype === "bool";
  if (dtype === "bool") return ANY.has(op);
  return isFloat(dtype) || (WHOLE.has(op) && !(dtype.startsWith("uint") && SIGNED.has(op)));
}

/** What TensorFlow takes numbers for that stand before any tensor, or without one. */
export const isGuessed = (dtype: DType): boolean => dtype === "float32" || dtype === "int32" || dtype === "bool";
