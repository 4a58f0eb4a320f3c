/** ONNX: what is true of the format itself (https://onnx.ai/onnx/repo-docs/IR.html). */
import type { DType } from "../core/dtype.ts";

export const TITLE = "ONNX model (.onnx)";
export const EXTENSIONS = [".onnx"];

/** `TensorProto.DataType`. */
export const ELEMENT: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
};

/** Versions of the operator set that are written. */
export const OPSETS = { least: 17, most: 22, default: 18 } as const;
