/**
 * Indices as rows of as many places: one_hot, each index its own; multi_hot and count, all indices of a sample one.
 * Source: keras/src/utils/numerical_utils.py (`encode_categorical_inputs`), keras/src/utils/tf_utils.py,
 * tf_keras/layers/preprocessing/preprocessing_utils.py.
 */
import { type DType, isHalf } from "../../../core/dtype.ts";
import { fail } from "../../../core/error.ts";
import { showShape } from "../../../core/tensor.ts";
import type { Sym } from "../../../ops/types.ts";
import { tallied } from "../../common/tallied.ts";
import type { Context } from "../../define.ts";

/** What becomes of indices, but for `int`, which leaves them. */
export type Encoding = "one_hot" | "multi_hot" | "count";

interface Wanted {
  readonly mode: Encoding;
  /** Places of a row; an index beyond them has none. */
  readonly depth: number;
  readonly dtype: DType;
  /** What each index counts, in place of 1. */
  readonly weights?: Sym | undefined;
}

/** One index in the last axis needs no axis of its own. */
const withoutOne = ({ op }: Context, x: Sym): Sym =>
  x.shape.length > 1 && x.shape.at(-1) === 1 ? op.squeeze(x, [-1]) : x;

/** Rows of 0 and 1, or of counts, for indices x[B, …]: of three axes and more, Keras 3 adds up over the first after the batch. */
export function encoded(cx: Context, x: Sym, { mode, depth, dtype, weights }: Wanted): Sym {
  const { op, semantics } = cx;
  // TensorFlow's kernel that counts for tf-keras has no halves.
  if (semantics !== "keras3" && isHalf(dtype))
    fail("unsupported/dtype", { message: "output_mode", expected: "float32 or float64", found: dtype });
  // An index alone is a sample of one.
  const several = x.shape.length === 0 ? op.expandDims(x, [0]) : x;
  const single = mode === "one_hot" ? withoutOne(cx, x) : several;
  if (semantics !== "keras3" && single.shape.length > (mode === "one_hot" ? 1 : 2))
    return fail("unsupported/argument", {
      message: "output_mode",
      expected: "a result of 2 axes at most",
      found: showShape(x.shape),
    });
  const index = op.cast(single, "int32");
  if (mode === "one_hot") return op.cast(op.equal(op.expandDims(index, [-1]), op.iota(depth, "int32")), dtype);
  const axis = single.shape.length > 1 ? 1 : 0;
  const counts = tallied(cx, index, axis, depth, mode === "count" && weights !== undefined ? weights : null);
  return op.cast(mode === "count" ? counts : op.greater(counts, 0), dtype);
}

/** Rows that TensorFlow can store without their zeros are no tensors. */
export function refuseSparse(sparse: boolean): void {
  if (sparse) fail("unsupported/argument", { message: "sparse", expected: "false: sparse tensors are not computed" });
}
