/** Reductions over any axes. */
import { sizeOf } from "../../core/tensor.ts";
import { stridesOf } from "../../ops/strided.ts";
import { fill } from "../kernels/copy.ts";
import { type Axes, collapsed, nestWords } from "../kernels/nest.ts";
import { argReduce, FOLDS, reduce } from "../kernels/reduce.ts";
import { isVectorFold, reduceLanes, reduceRows } from "../kernels/reduce-vector.ts";
import { storageOf, widthOf } from "../kernels/storage.ts";
import type { Operand, Rule, Site } from "../kernels/types.ts";

/** The axes that stay, with the pointers of input and output. */
function keptAxes({ shape, dtype }: Operand, folded: readonly number[], outWidth: number): Axes {
  const strides = stridesOf(shape);
  const kept = shape.map((_, axis) => axis).filter((axis) => !folded.includes(axis));
  const lengths = kept.map((axis) => shape[axis]!);
  return collapsed({
    lengths,
    strides: [kept.map((axis) => strides[axis]! * widthOf(dtype)), stridesOf(lengths).map((s) => s * outWidth)],
  });
}

/** The axes but for the innermost. */
const withoutLast = ({ lengths, strides }: Axes): Axes => ({
  lengths: lengths.slice(0, -1),
  strides: strides.map((list) => list.slice(0, -1)),
});

/** Four at a time, where the innermost axis of either kind has its elements side by side. */
function planVector(site: Site, kept: Axes, folded: Axes, count: number): boolean {
  const fold = site.op;
  if (!isVectorFold(fold)) return false;
  const [input, output] = [site.input(0), site.output(0)];
  if (kept.strides[0]!.at(-1) === 4 && kept.lengths.at(-1)! > 1) {
    const outer = withoutLast(kept);
    const kernel = reduceLanes(fold, outer.lengths.length, folded.lengths.length);
    site.run(kernel, [input, output, count, kept.lengths.at(-1)!, ...nestWords(outer), ...nestWords(folded)]);
    return true;
  }
  const length = folded.lengths.at(-1)!;
  if (folded.strides[0]!.at(-1) !== 4 || length < 4) return false;
  const outer = withoutLast(folded);
  const kernel = reduceRows(fold, kept.lengths.length, outer.lengths.length);
  site.run(kernel, [input, output, count, length, ...nestWords(kept), ...nestWords(outer)]);
  return true;
}

export const reduceRule: Rule = (site) => {
  const [x, out] = [site.inputs[0]!, site.outputs[0]!];
  const axes = site.attrs["axes"] as readonly number[];
  const count = axes.reduce((n, axis) => n * x.shape[axis]!, 1);
  if (count === 0) {
    const start = site.op === "mean" ? NaN : FOLDS.get(site.op)!.start;
    const { kernel, args } = fill(site.output(0), sizeOf(out.shape), start, storageOf(out.dtype));
    site.run(kernel, args);
    return true;
  }
  const kept = keptAxes(x, axes, widthOf(out.dtype));
  const strides = stridesOf(x.shape);
  const folded = collapsed({
    lengths: axes.map((axis) => x.shape[axis]!),
    strides: [axes.map((axis) => strides[axis]! * widthOf(x.dtype))],
  });
  if (x.dtype === "float32" && out.dtype === "float32" && planVector(site, kept, folded, count)) return true;
  const kernel = reduce({
    fold: site.op,
    from: x.dtype,
    to: out.dtype,
    kept: kept.lengths.length,
    folded: folded.lengths.length,
  });
  site.run(kernel, [site.input(0), site.output(0), count, ...nestWords(kept), ...nestWords(folded)]);
  return true;
};

export const argRule: Rule = (site) => {
  const x = site.inputs[0]!;
  const axis = site.attrs["axis"] as number;
  const kept = keptAxes(x, [axis], 4);
  const kernel = argReduce(site.op === "argmax" ? "argmax" : "argmin", x.dtype, kept.lengths.length);
  const step = stridesOf(x.shape)[axis]! * widthOf(x.dtype);
  site.run(kernel, [site.input(0), site.output(0), x.shape[axis]!, step, ...nestWords(kept)]);
  return true;
};
