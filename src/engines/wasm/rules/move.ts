/** Elements read in another order. A slice that is one run of memory is not copied. */
import { sizeOf } from "../../../core/tensor.ts";
import { sliceOf } from "../../../ops/move.ts";
import { broadcastStrides, stridesOf } from "../../../ops/strided.ts";
import { copyWalk, element } from "../kernels/copy.ts";
import { widthOf } from "../kernels/storage.ts";
import type { NodeInput, LastRule, Output, Site } from "../kernels/types.ts";
import { runWalk } from "./walk.ts";

/** For each index of y the element of x at `offset` + Σ index·stride. */
function gatherStrided(site: Site, x: NodeInput, y: Output, offset: number, strides: readonly number[]): void {
  const width = widthOf(y.dtype);
  const own = stridesOf(y.shape);
  const dense = y.shape.every((length, axis) => length === 1 || strides[axis] === own[axis]);
  if (dense) {
    y.alias(x, offset * width);
    return;
  }
  runWalk(
    site,
    copyWalk(element(x.place(), offset, width), y.place(), y.shape, [strides, own], width),
    sizeOf(y.shape),
  );
}

/** The same elements under another shape, or the same bits under another dtype. */
export const reshapeRule: LastRule<"reshape" | "expandDims" | "squeeze" | "bitcast"> = (site) => {
  site.out.y.alias(site.in.x, 0);
};

export const transposeRule: LastRule<"transpose"> = (site) => {
  const strides = stridesOf(site.in.x.shape);
  const turned = site.attrs.perm.map((axis) => strides[axis]!);
  gatherStrided(site, site.in.x, site.out.y, 0, turned);
};

export const broadcastRule: LastRule<"broadcastTo"> = (site) => {
  gatherStrided(site, site.in.x, site.out.y, 0, broadcastStrides(site.in.x.shape, site.out.y.shape));
};

export const sliceRule: LastRule<"slice"> = (site) => {
  const { shape } = site.in.x;
  const strides = stridesOf(shape);
  let offset = 0;
  const steps = [...strides];
  for (const range of site.attrs.ranges) {
    offset += sliceOf(range, shape[range.axis]!).start * strides[range.axis]!;
    steps[range.axis] = strides[range.axis]! * range.step;
  }
  gatherStrided(site, site.in.x, site.out.y, offset, steps);
};

export const reverseRule: LastRule<"reverse"> = (site) => {
  const { shape } = site.in.x;
  let offset = 0;
  const steps = stridesOf(shape).map((stride, axis) => {
    if (!site.attrs.axes.includes(axis)) return stride;
    offset += (shape[axis]! - 1) * stride;
    return -stride;
  });
  gatherStrided(site, site.in.x, site.out.y, offset, steps);
};
