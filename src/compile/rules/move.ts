/** Elements read in another order. A slice that is one run of memory is not copied. */
import type { SliceRange } from "../../ops/builder.ts";
import { sliceOf } from "../../ops/move.ts";
import { broadcastStrides, stridesOf } from "../../ops/strided.ts";
import { copy, element } from "../kernels/copy.ts";
import { widthOf } from "../kernels/storage.ts";
import type { Rule, Site } from "../kernels/types.ts";

/** The output of the node: for each index the input element at `offset` + Σ index·stride. */
export function gatherStrided(site: Site, offset: number, strides: readonly number[]): void {
  const out = site.outputs[0]!;
  const width = widthOf(out.dtype);
  const own = stridesOf(out.shape);
  const dense = out.shape.every((length, axis) => length === 1 || strides[axis] === own[axis]);
  if (dense) {
    site.alias(0, 0, offset * width);
    return;
  }
  const { kernel, args } = copy(
    element(site.input(0), offset, width),
    site.output(0),
    out.shape,
    [strides, own],
    width,
  );
  site.run(kernel, args);
}

export const transposeRule: Rule = (site) => {
  const strides = stridesOf(site.inputs[0]!.shape);
  gatherStrided(
    site,
    0,
    (site.attrs["perm"] as readonly number[]).map((axis) => strides[axis]!),
  );
  return true;
};

export const broadcastRule: Rule = (site) => {
  gatherStrided(site, 0, broadcastStrides(site.inputs[0]!.shape, site.outputs[0]!.shape));
  return true;
};

export const sliceRule: Rule = (site) => {
  const { shape } = site.inputs[0]!;
  const strides = stridesOf(shape);
  let offset = 0;
  const steps = [...strides];
  for (const range of site.attrs["ranges"] as unknown as readonly SliceRange[]) {
    offset += sliceOf(range, shape[range.axis]!).start * strides[range.axis]!;
    steps[range.axis] = strides[range.axis]! * range.step;
  }
  gatherStrided(site, offset, steps);
  return true;
};

export const reverseRule: Rule = (site) => {
  const { shape } = site.inputs[0]!;
  const axes = site.attrs["axes"] as readonly number[];
  let offset = 0;
  const steps = stridesOf(shape).map((stride, axis) => {
    if (!axes.includes(axis)) return stride;
    offset += (shape[axis]! - 1) * stride;
    return -stride;
  });
  gatherStrided(site, offset, steps);
  return true;
};
