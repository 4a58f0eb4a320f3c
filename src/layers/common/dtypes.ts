/** What layers want of their inputs' dtypes, by generation of Keras: what TensorFlow's kernels refuse is refused. */
import type { DType } from "../../core/dtype.ts";
import { anyFloats, numbers, type Operands, same } from "../../ops/dtypes.ts";
import type { Semantics } from "../../core/semantics.ts";

/** In words, where the dtypes do not fit; null where they do. */
export type TakesDTypes = (x: readonly DType[], semantics: Semantics) => string | null;

const within =
  (operands: Operands) =>
  (...generations: readonly Semantics[]): TakesDTypes =>
  (x, semantics) =>
    generations.includes(semantics) ? operands({ x }) : null;

/** Not bools alone, and in tf-keras numbers of one dtype: what sums, differences and the like are made of. */
export const summands: TakesDTypes = (x, semantics) =>
  semantics === "tf-keras" || x.every((dtype) => dtype === "bool") ? numbers({ x }) : null;

/** Floats only, in some generations. */
export const floatsIn = within(anyFloats);
/** Numbers that have negatives; floats only before Keras 3. */
export const signedNumbers: TakesDTypes = (x, semantics) =>
  semantics !== "keras3"
    ? anyFloats({ x })
    : x.every((dtype) => dtype !== "bool" && !dtype.startsWith("uint"))
      ? null
      : "floats or signed integers";
/** One dtype for all inputs. */
export const sameIn = within(same);
/** Numbers of one dtype. */
export const numbersIn = within(numbers);
