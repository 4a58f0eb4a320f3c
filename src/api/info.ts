/** What a model says of its inputs, outputs and weights. */
import type { DType } from "../core/dtype.ts";
import type { Shape } from "../ops/types.ts";

/** An input or output: `shape` as Keras has it, with null for what only a call decides; null when nothing is known. */
export interface TensorInfo {
  /** The key of a model that takes or gives a dict; else the layer's name. */
  readonly name: string;
  /** Of a model that takes or gives a dict: the layer, by whose name it goes too. */
  readonly layer?: string;
  /** With the batch axis first; null where a call decides. */
  readonly shape: Shape | null;
  /** Of its elements. */
  readonly dtype: DType;
  /** Of an input whose shape has a batch size: whether a call may have another, as there are no states. */
  readonly anyBatch?: boolean;
}

/** A weight, as callers see it. */
export interface WeightInfo {
  /** Within its layer: `kernel`. */
  readonly name: string;
  /** Names of the layers down to it, joined by `/`. */
  readonly path: string;
  /** null: not known before the model's first inputs. */
  readonly shape: readonly number[] | null;
  /** Of its elements. */
  readonly dtype: DType;
  /** Whether `fit` changes it. */
  readonly trainable: boolean;
}
