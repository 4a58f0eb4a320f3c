/** Gather, running sums, sorting. */
import { sizeOf } from "../../../core/tensor.ts";
import { stridesOf } from "../../../ops/strided.ts";
import { CUMSUM, cumsum, GATHER, gather, scatterAdd, SORT, sort } from "../kernels/lookup.ts";
import { collapsed, nestWords } from "../kernels/nest.ts";
import { fill } from "../kernels/copy.ts";
import { storageOf, widthOf } from "../kernels/storage.ts";
import { type NodeInput, type LastRule, shifted } from "../kernels/types.ts";
import { inWords } from "../kernels/words.ts";

export const gatherRule: LastRule<"gather"> = (site) => {
  const { table, indices } = site.in;
  const { axis } = site.attrs;
  const outer = sizeOf(table.shape.slice(0, axis));
  const bytes = sizeOf(table.shape.slice(axis + 1)) * widthOf(table.dtype);
  const count = sizeOf(indices.shape);
  const places = { table: table.place(), indices: indices.place(), output: site.out.y.place() };
  site.run(gather(indices.dtype), inWords(GATHER, { ...places, outer, count, length: table.shape[axis]!, bytes }));
};

export const scatterAddRule: LastRule<"scatterAdd"> = (site) => {
  const { indices, updates } = site.in;
  const { y } = site.out;
  const { axis } = site.attrs;
  const zeros = fill(y.place(), sizeOf(y.shape), 0, storageOf(y.dtype));
  site.run(zeros.kernel, zeros.args);
  if (sizeOf(updates.shape) === 0) return;
  const outer = sizeOf(y.shape.slice(0, axis));
  const bytes = sizeOf(y.shape.slice(axis + 1)) * widthOf(y.dtype);
  const places = { table: updates.place(), indices: indices.place(), output: y.place() };
  const counts = { outer, count: sizeOf(indices.shape), length: y.shape[axis]!, bytes };
  site.run(scatterAdd(indices.dtype, y.dtype), inWords(GATHER, { ...places, ...counts }));
};

/** All lines along an axis, with the pointers of input and output. */
function lines(
  { shape, dtype }: NodeInput,
  axis: number,
): { words: number[]; rank: number; length: number; step: number } {
  const strides = stridesOf(shape).map((stride) => stride * widthOf(dtype));
  const others = (list: readonly number[]) => list.filter((_, i) => i !== axis);
  const axes = collapsed({ lengths: others(shape), strides: [others(strides), others(strides)] });
  return { words: nestWords(axes), rank: axes.lengths.length, length: shape[axis]!, step: strides[axis]! };
}

export const cumsumRule: LastRule<"cumsum"> = (site) => {
  const { axis, reverse } = site.attrs;
  const { x } = site.in;
  const { y } = site.out;
  const { words, rank, length, step } = lines(x, axis);
  const first = reverse ? (length - 1) * step : 0;
  const [input, output] = [shifted(x.place(), first), shifted(y.place(), first)];
  const args = inWords(CUMSUM, { input, output, length, step: reverse ? -step : step });
  site.run(cumsum(y.dtype, rank), [...args, ...words]);
};

export const sortRule: LastRule<"sort"> = (site) => {
  const { axis, descending } = site.attrs;
  const { x } = site.in;
  const { y } = site.out;
  const { words, rank, length, step } = lines(x, axis);
  const args = inWords(SORT, { input: x.place(), output: y.place(), length, step, scratch: site.scratch(16 * length) });
  site.run(sort(y.dtype, descending, rank), [...args, ...words]);
};
