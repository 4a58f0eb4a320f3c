/** Values to run models on. */
import { sizeOf, type Tensor } from "../../src/core/tensor.ts";

/** A wave. */
export const ramp = (shape: readonly number[]): Tensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * 1.3)),
});
