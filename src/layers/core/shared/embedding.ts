/** What the layers that look rows up in a table share. */
import { isFloat } from "../../../core/dtype.ts";
import type { Sym } from "../../../ops/types.ts";
import { type Bound, type Context, quantizationOf } from "../../define.ts";
import { bool, constraint, initializer, int } from "../../fields.ts";
import { regularizers } from "../../common/weight-options.ts";
import {
  adapterWeights,
  blocksOf,
  fromBlocks,
  integersOf,
  packedLength,
  refuseBare,
  scaleWeights,
  withAdapter,
} from "./quantization.ts";

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
function tableRows({ op }: Context, table: Sym, x: Sym, count: number): Sym {
  const index = x.dtype === "int64" ? x : op.cast(x, "int32");
  // Negative indices count from the end, as in Keras 3 and Theano; tf-keras refuses them. Those beyond the other end stay as
  // they are, so that the refusal names them.
  const fromEnd = op.logicalAnd(op.less(index, 0), op.greaterEqual(index, -count));
  return op.gather(table, op.where(fromEnd, op.add(index, count), index), 0);
}

interface Table {
  readonly input_dim: number;
  readonly output_dim: number;
}

/** The table, or its integers and their scales. */
export const tableWeights = {
  embeddings: {
    shape: (c: Table) => [c.input_dim, packedLength(c, c.output_dim)],
    init: "embeddings_initializer",
    integers: true,
  },
  ...adapterWeights<Table, "embeddings">("embeddings", { rows: (c) => [c.input_dim], columns: (c) => c.output_dim }),
  ...scaleWeights<Table, "embeddings">("embeddings", {
    count: (c) => [c.input_dim],
    blocks: (c) => [c.input_dim, blocksOf(c, c.output_dim)],
    length: (c) => c.output_dim,
  }),
} as const;

/** The rows of the table at the indices x, as the layer computes them. */
export function rowsOf(cx: Context, w: Bound<keyof typeof tableWeights>, x: Sym, c: Table): Sym {
  const { op } = cx;
  const of = (table: Sym): Sym => tableRows(cx, table, x, c.input_dim);
  const quantization = quantizationOf(c);
  if (quantization === null) return isFloat(cx.compute) ? op.cast(of(w.embeddings), cx.compute) : of(w.embeddings);
  const rows = integersOf(cx, of(w.embeddings), c, c.output_dim, cx.compute);
  if (quantization.isBare === true) {
    refuseBare(w.lora_embeddings_a);
    return rows;
  }
  const inCompute = (table: Sym): Sym => op.cast(table, cx.compute);
  const adapted = (y: Sym): Sym =>
    withAdapter(cx, c, y, (a) => inCompute(of(a)), w.lora_embeddings_a, w.lora_embeddings_b && inCompute(w.lora_embeddings_b)); // prettier-ignore
  const scale = op.cast(of(w.embeddings_scale), cx.compute);
  if (quantization.block === null) return adapted(op.divide(rows, op.expandDims(scale, [scale.shape.length])));
  const scales = { scale, zero: of(w.embeddings_zero), g_idx: w.g_idx };
  return adapted(fromBlocks(cx, rows, scales, scale.shape.length - 1));
}
