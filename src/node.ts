/** The public API with the file system: the same names as `index.ts`, paths accepted. */
import { loadModel, type LoadInput, type LoadOptions } from "./api/load.ts";
import type { Model } from "./api/model.ts";
import { openFile } from "./core/node-files.ts";

export {
  DEFAULT_LIMITS,
  FormatError,
  formatProblem,
  Model,
  tensor,
} from "./index.ts";
export type {
  DType,
  ErrorFamily,
  FileRecord,
  InputValue,
  LayerInfo,
  Limits,
  LoadInput,
  LoadOptions,
  NestedNumbers,
  NumericArray,
  PredictInput,
  PredictOptions,
  Problem,
  Tensor,
  TensorData,
  TensorInfo,
  WeightInfo,
} from "./index.ts";

/** Opens a model: a path (file or folder), a URL, a Blob, bytes, or a folder's files by path. */
export function load(input: LoadInput, options: LoadOptions = {}): Promise<Model> {
  return loadModel(input, options, openFile);
}
