/** Gather, running sums, sorting. */
import type { DType } from "../../../core/dtype.ts";
import { sizeOf } from "../../../core/tensor.ts";
import { stridesOf } from "../../../ops/strided.ts";
import { CUMSUM, cumsum, GATHER, gather, gatherRows, scatterAdd, SORT, sort, sortBytes } from "../kernels/lookup.ts";
import { type Axes, collapsed, nestWords, type KernelWalk } from "../kernels/nest.ts";
import { fill } from "../kernels/copy.ts";
import { isSingle, storageOf, widthOf } from "../kernels/storage.ts";
import {
  type Kernel,
  type LastRule,
  type NodeInput,
  type Place,
  shifted,
  type SiteOf,
  type Form,
} from "../kernels/types.ts";
import { inWords } from "../kernels/words.ts";
import { runWalk } from "./walk.ts";

/** Place, and the bytes from one table, and from one index, to the next. */
type Rows = readonly [Place, number, number];

/** `count` indices for each of `outer` tables. */
function rows(
  kernel: Kernel,
  { outer, count, length, bytes }: Readonly<Record<"outer" | "count" | "length" | "bytes", number>>,
  indices: NodeInput,
  { table, output }: Readonly<Record<"table" | "output", Rows>>,
): KernelWalk {
  const pointers: readonly Rows[] = [table, [indices.place(), 0, widthOf(indices.dtype)], output];
  return {
    kernel,
    axes: { lengths: [outer, count], strides: pointers.map(([, ...strides]) => strides) },
    places: pointers.map(([place]) => place),
    args(places, { lengths }) {
      const [table, indices, output] = places as [Place, Place, Place];
      const [outer, count] = lengths as [number, number];
      return inWords(GATHER, { table, indices, output, outer, count, length, bytes });
    },
  };
}

/** Rows of a weight that lies in a form. */
function gatherSmall(site: SiteOf<"gather">, form: Form): void {
  const { table, indices } = site.in;
  const [length, ...inner] = table.shape as [number, ...number[]];
  const size = sizeOf(inner);
  const count = sizeOf(indices.shape);
  const walk = rows(gatherRows(indices.dtype, form, size % 4), { outer: 1, count, length, bytes: 4 * size }, indices, {
    table: [site.packed(table, form.table.packing(length, size)), 0, 0],
    output: [site.out.y.place(), 0, 4 * size],
  });
  runWalk(site, walk, count * Math.ceil(size / 16));
}

export const gatherRule: LastRule<"gather"> = (site) => {
  const { table, indices } = site.in;
  const { axis } = site.attrs;
  const outer = sizeOf(table.shape.slice(0, axis));
  const bytes = sizeOf(table.shape.slice(axis + 1)) * widthOf(table.dtype);
  const count = sizeOf(indices.shape);
  const length = table.shape[axis]!;
  const form = axis === 0 && isSingle(table.dtype) ? site.form(table) : undefined;
  if (form !== undefined) {
    gatherSmall(site, form);
    return;
  }
  const walk = rows(gather(indices.dtype, bytes), { outer, count, length, bytes }, indices, {
    table: [table.place(), length * bytes, 0],
    output: [site.out.y.place(), count * bytes, bytes],
  });
  runWalk(site, walk, outer * count * Math.ceil(bytes / 64));
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
  const [count, length] = [sizeOf(indices.shape), y.shape[axis]!];
  const walk = rows(scatterAdd(indices.dtype, y.dtype), { outer, count, length, bytes }, indices, {
    table: [updates.place(), count * bytes, bytes],
    output: [y.place(), length * bytes, 0],
  });
  runWalk(site, walk, sizeOf(updates.shape));
};

/** All lines along an axis, with the pointers of input and output, and their steps. */
function lines(x: NodeInput, axis: number, y: DType): { axes: Axes; length: number; steps: readonly [number, number] } {
  const of = (dtype: DType): readonly number[] => stridesOf(x.shape).map((stride) => stride * widthOf(dtype));
  const [from, to] = [of(x.dtype), of(y)];
  const others = (list: readonly number[]) => list.filter((_, i) => i !== axis);
  const axes = collapsed({ lengths: others(x.shape), strides: [others(from), others(to)] });
  return { axes, length: x.shape[axis]!, steps: [from[axis]!, to[axis]!] };
}

export const cumsumRule: LastRule<"cumsum"> = (site) => {
  const { axis, reverse } = site.attrs;
  const { x } = site.in;
  const { y } = site.out;
  const { axes, length, steps } = lines(x, axis, y.dtype);
  const [step] = steps;
  const first = reverse ? (length - 1) * step : 0;
  const places = [shifted(x.place(), first), shifted(y.place(), first)];
  const args: KernelWalk["args"] = ([input, output], part) => [
    ...inWords(CUMSUM, { input: input!, output: output!, length, step: reverse ? -step : step }),
    ...nestWords(part),
  ];
  runWalk(site, { kernel: cumsum(y.dtype, axes.lengths.length), axes, places, args }, sizeOf(x.shape));
};

function sortLines(site: SiteOf<"sort"> | SiteOf<"argsort">, toPlaces: boolean): void {
  const { axis, descending } = site.attrs;
  const { x } = site.in;
  const { y } = site.out;
  const { axes, length, steps } = lines(x, axis, y.dtype);
  const places = [x.place(), y.place()];
  const scratch = site.scratch(2 * sortBytes(toPlaces) * length);
  const [step, stepTo] = steps;
  const args: KernelWalk["args"] = ([input, output], part) => [
    ...inWords(SORT, { input: input!, output: output!, length, step, stepTo, scratch }),
    ...nestWords(part),
  ];
  const kernel = sort(x.dtype, descending, toPlaces, axes.lengths.length);
  runWalk(site, { kernel, axes, places, args }, sizeOf(x.shape) * (1 + Math.log2(length)));
}

export const sortRule: LastRule<"sort"> = (site) => {
  sortLines(site, false);
};
export const argsortRule: LastRule<"argsort"> = (site) => {
  sortLines(site, true);
};
