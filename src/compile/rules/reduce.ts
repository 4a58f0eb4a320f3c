/** Reductions over any axes. */
import { sizeOf } from "../../core/tensor.ts";
import { stridesOf } from "../../ops/strided.ts";
import { fill } from "../kernels/copy.ts";
import { type Axes, collapsed, nestWords } from "../kernels/nest.ts";
import { argReduce, FOLDS, reduce } from "../kernels/reduce.ts";
import { storageOf, widthOf } from "../kernels/storage.ts";
import type { Operand, Rule } from "../kernels/types.ts";

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
