/** Between stored tensors and the float64 values of the reference arithmetic. */
import { allocate, type DType, isFloat } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Nd } from "../../ops/types.ts";
import { readNumbers, writeNumbers } from "../values.ts";

/** A tensor's values as float64. Throws `unsupported/dtype` for strings. */
export function decode(tensor: Tensor): Nd {
  const data = new Float64Array(tensor.data.length);
  readNumbers(tensor, data, "reference");
  return { shape: tensor.shape, data };
}

/** Values as a tensor of `dtype`. Throws `unsupported/dtype` for strings. */
export function encode({ shape, data }: Nd, dtype: DType): Tensor {
  if (dtype === "string") return fail("unsupported/dtype", { source: "reference", found: dtype });
  const target = allocate(dtype, data.length);
  writeNumbers(data, dtype, target);
  return { dtype, shape: [...shape], data: target };
}

/** The dtype in which a value leaves a run that keeps its full precision. */
export function widest(dtype: DType): DType {
  return isFloat(dtype) ? "float64" : dtype;
}
