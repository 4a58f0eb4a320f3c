/** What the layers that look rows up in a table share. */
import { isFloat } from "../../../core/dtype.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { bool, constraint, initializer, int } from "../../fields.ts";
import { regularizers } from "../../common/weight-options.ts";

/** The table, embeddings[input_dim, output_dim], and whether the index 0 is masked. */
export const embeddingOptions = {
  input_dim: int({ min: 1 }),
  output_dim: int({ min: 1 }),
  embeddings_initializer: initializer("RandomUniform"),
  ...regularizers("embeddings", "activity"),
  embeddings_constraint: constraint(),
  mask_zero: bool(false),
};

/** The rows of a table of `count` at the indices x. */
export function tableRows({ op }: Context, table: Sym, x: Sym, count: number): Sym {
  const index = x.dtype === "int64" ? x : op.cast(x, "int32");
  // Negative indices count from the end, as in Keras 3 and Theano; tf-keras refuses them. Those beyond the other end stay as
  // they are, so that the refusal names them.
  const fromEnd = op.logicalAnd(op.less(index, 0), op.greaterEqual(index, -count));
  return op.gather(table, op.where(fromEnd, op.add(index, count), index), 0);
}

/** The same, as the layer computes them. */
export function rowsOf(cx: Context, table: Sym, x: Sym, count: number): Sym {
  const rows = tableRows(cx, table, x, count);
  return isFloat(cx.compute) ? cx.op.cast(rows, cx.compute) : rows;
}
