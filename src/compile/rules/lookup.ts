/** Gather, running sums, sorting. */
import { sizeOf } from "../../core/tensor.ts";
import { stridesOf } from "../../ops/strided.ts";
import { cumsum, gather, sort } from "../kernels/lookup.ts";
import { collapsed, nestWords } from "../kernels/nest.ts";
import { widthOf } from "../kernels/storage.ts";
import { type Rule, shifted, type Site } from "../kernels/types.ts";

export const gatherRule: Rule = (site) => {
  const [table, indices] = [site.inputs[0]!, site.inputs[1]!];
  const axis = site.attrs["axis"] as number;
  const outer = sizeOf(table.shape.slice(0, axis));
  const bytes = sizeOf(table.shape.slice(axis + 1)) * widthOf(table.dtype);
  site.run(gather(indices.dtype), [
    site.input(0),
    site.input(1),
    site.output(0),
    outer,
    sizeOf(indices.shape),
    table.shape[axis]!,
    bytes,
  ]);
  return true;
};

/** All lines along the axis of the node, with the pointers of input and output. */
function lines(site: Site): { words: number[]; rank: number; length: number; step: number } {
  const { shape, dtype } = site.inputs[0]!;
  const axis = site.attrs["axis"] as number;
  const strides = stridesOf(shape).map((stride) => stride * widthOf(dtype));
  const others = (list: readonly number[]) => list.filter((_, i) => i !== axis);
  const axes = collapsed({ lengths: others(shape), strides: [others(strides), others(strides)] });
  return { words: nestWords(axes), rank: axes.lengths.length, length: shape[axis]!, step: strides[axis]! };
}

export const cumsumRule: Rule = (site) => {
  const { words, rank, length, step } = lines(site);
  const reverse = site.attrs["reverse"] === true;
  const first = reverse ? (length - 1) * step : 0;
  const args = [shifted(site.input(0), first), shifted(site.output(0), first), length, reverse ? -step : step];
  site.run(cumsum(site.outputs[0]!.dtype, rank), [...args, ...words]);
  return true;
};

export const sortRule: Rule = (site) => {
  const { words, rank, length, step } = lines(site);
  const kernel = sort(site.outputs[0]!.dtype, site.attrs["descending"] === true, rank);
  site.run(kernel, [site.input(0), site.output(0), length, step, site.scratch(16 * length), ...words]);
  return true;
};
