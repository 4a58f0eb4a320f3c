/**
 * keraport: opens Keras models, runs them, verifies them, writes them back. The whole public API, every name listed;
 * nothing here needs Node.
 */
import { loadModel, type LoadInput, type LoadOptions } from "./api/load.ts";
import type { Model } from "./api/model.ts";

export { Model } from "./api/model.ts";
export type { PredictOptions, TensorInfo, WeightInfo } from "./api/model.ts";
export type { InputValue, PredictInput } from "./api/inputs.ts";
export type { LayerInfo } from "./api/summary.ts";
export type { FileRecord, LoadInput, LoadOptions } from "./api/load.ts";
export { FormatError, formatProblem, type ErrorFamily, type Problem } from "./core/error.ts";
export type { DType, NumericArray, TensorData } from "./core/dtype.ts";
export { DEFAULT_LIMITS, type Limits } from "./core/limits.ts";
export { tensor, type NestedNumbers, type Tensor } from "./core/tensor.ts";

/** Opens a model: a URL, a File or Blob, bytes, or a folder's files by path. See `LoadOptions` for weights kept apart. */
export function load(input: LoadInput, options: LoadOptions = {}): Promise<Model> {
  return loadModel(input, options, null);
}
