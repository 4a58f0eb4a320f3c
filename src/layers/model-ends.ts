/** What a class that can stand alone as a model takes and gives. */
import type { DType } from "../core/dtype.ts";
import type { Shape } from "../ops/types.ts";

/** What an input or output of a model is called. */
export interface EndName {
  /** The key of a model that takes or gives a dict; else the layer's name. */
  readonly name: string;
  /** Of a model that takes or gives a dict: the layer that it comes from, by which callers may know it too. */
  readonly layer?: string;
}

/** An input of a model. */
export interface InputSpec extends EndName {
  /** With the batch, null where any length fits; null where the file does not say. */
  readonly shape: Shape | null;
  /** What values are cast to. */
  readonly dtype: DType;
  /** Whether a call may have another batch than the shape's: the model keeps no states. */
  readonly anyBatch?: boolean;
}
