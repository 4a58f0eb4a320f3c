/** Reductions over any axes. */
import { sizeOf } from "../../../core/tensor.ts";
import { stridesOf } from "../../../ops/strided.ts";
import { fill } from "../kernels/copy.ts";
import type { ARG_REDUCE } from "../../../ops/signatures.ts";
import { type Axes, collapsed, nestWords, type KernelWalk, withoutLast } from "../kernels/nest.ts";
import { ARG_REDUCE_WORDS, argReduce, type FoldName, FOLDS, reduce, REDUCE_WORDS } from "../kernels/reduce.ts";
import { FOLD_WORDS, isVectorFold, reduceLanes, reduceRows } from "../kernels/reduce-vector.ts";
import { isSingle, storageOf, widthOf } from "../kernels/storage.ts";
import type { NodeInput, LastRule, Operand, Output, Site } from "../kernels/types.ts";
import { inWords } from "../kernels/words.ts";
import { runWalk } from "./walk.ts";

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

/** Four at a time, where the innermost axis of either kind has its elements side by side. */
function planVector(
  site: Site,
  fold: FoldName,
  { x, y }: { readonly x: NodeInput; readonly y: Output },
  kept: Axes,
  folded: Axes,
  count: number,
): boolean {
  if (!isVectorFold(fold)) return false;
  const places = [x.place(), y.place()];
  if (kept.strides[0]!.at(-1) === 4 && kept.lengths.at(-1)! > 1) {
    const kernel = reduceLanes(fold, kept.lengths.length - 1, folded.lengths.length);
    const args: KernelWalk["args"] = ([input, output], part) => [
      ...inWords(FOLD_WORDS, { input: input!, output: output!, count, innermost: part.lengths.at(-1)! }),
      ...nestWords(withoutLast(part)),
      ...nestWords(folded),
    ];
    runWalk(site, { kernel, axes: kept, places, args }, sizeOf(x.shape));
    return true;
  }
  const length = folded.lengths.at(-1)!;
  if (folded.strides[0]!.at(-1) !== 4 || length < 4) return false;
  const outer = withoutLast(folded);
  const kernel = reduceRows(fold, kept.lengths.length, outer.lengths.length);
  const args: KernelWalk["args"] = ([input, output], part) => [
    ...inWords(FOLD_WORDS, { input: input!, output: output!, count, innermost: length }),
    ...nestWords(part),
    ...nestWords(outer),
  ];
  runWalk(site, { kernel, axes: kept, places, args }, sizeOf(x.shape));
  return true;
}

export const reduceRule: LastRule<FoldName> = (site) => {
  const { x } = site.in;
  const { y } = site.out;
  const { axes } = site.attrs;
  const count = axes.reduce((n, axis) => n * x.shape[axis]!, 1);
  if (count === 0) {
    const start = site.op === "mean" ? NaN : FOLDS[site.op].start;
    const { kernel, args } = fill(y.place(), sizeOf(y.shape), start, storageOf(y.dtype));
    site.run(kernel, args);
    return;
  }
  const kept = keptAxes(x, axes, widthOf(y.dtype));
  const strides = stridesOf(x.shape);
  const folded = collapsed({
    lengths: axes.map((axis) => x.shape[axis]!),
    strides: [axes.map((axis) => strides[axis]! * widthOf(x.dtype))],
  });
  const isVector = x.dtype === "bool" ? y.dtype === "bool" : isSingle(x.dtype) && y.dtype === "float32";
  if (isVector && planVector(site, site.op, { x, y }, kept, folded, count)) return;
  const kernel = reduce({
    fold: site.op,
    from: x.dtype,
    to: y.dtype,
    kept: kept.lengths.length,
    folded: folded.lengths.length,
  });
  const args: KernelWalk["args"] = ([input, output], part) => [
    ...inWords(REDUCE_WORDS, { input: input!, output: output!, count }),
    ...nestWords(part),
    ...nestWords(folded),
  ];
  runWalk(site, { kernel, axes: kept, places: [x.place(), y.place()], args }, sizeOf(x.shape));
};

export const argRule: LastRule<(typeof ARG_REDUCE)[number]> = (site) => {
  const { x } = site.in;
  const { axis } = site.attrs;
  const kept = keptAxes(x, [axis], 4);
  const kernel = argReduce(site.op, x.dtype, kept.lengths.length);
  const step = stridesOf(x.shape)[axis]! * widthOf(x.dtype);
  const length = x.shape[axis]!;
  const args: KernelWalk["args"] = ([input, output], part) => [
    ...inWords(ARG_REDUCE_WORDS, { input: input!, output: output!, length, step }),
    ...nestWords(part),
  ];
  runWalk(site, { kernel, axes: kept, places: [x.place(), site.out.y.place()], args }, sizeOf(x.shape));
};
