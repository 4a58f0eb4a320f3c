/** Elements put together or repeated, by copies. */
import { sizeOf } from "../../../core/tensor.ts";
import { stridesOf } from "../../../ops/strided.ts";
import { copyWalk, element, fill } from "../kernels/copy.ts";
import { storageOf, widthOf } from "../kernels/storage.ts";
import { held } from "../../values.ts";
import type { NodeInput, LastRule, Output, Site } from "../kernels/types.ts";
import { runWalk } from "./walk.ts";

/** An input to where its element 0 falls in the output. */
function put(site: Site, x: NodeInput, y: Output, offset: number): void {
  const { shape, dtype } = x;
  if (sizeOf(shape) === 0) return;
  const width = widthOf(dtype);
  const target = element(y.place(), offset, width);
  const strides = [stridesOf(shape), stridesOf(y.shape)] as const;
  runWalk(site, copyWalk(x.place(), target, shape, strides, width), sizeOf(shape));
}

export const concatRule: LastRule<"concat"> = (site) => {
  const { axis } = site.attrs;
  const { y } = site.out;
  const step = stridesOf(y.shape)[axis]!;
  let at = 0;
  for (const x of site.in.xs) {
    put(site, x, y, at * step);
    at += x.shape[axis]!;
  }
};

export const padRule: LastRule<"pad"> = (site) => {
  const { y } = site.out;
  const { amounts } = site.attrs;
  const strides = stridesOf(y.shape);
  const filling = fill(y.place(), sizeOf(y.shape), held(y.dtype, site.attrs.value), storageOf(y.dtype));
  if (amounts.some(([before, after]) => before + after > 0)) site.run(filling.kernel, filling.args);
  const offset = amounts.reduce((sum, [before], axis) => sum + before * strides[axis]!, 0);
  put(site, site.in.x, y, offset);
};

/** Copies with each axis of the output split in two, of which one stands still in the input. */
function spread(site: Site, x: NodeInput, y: Output, lengths: readonly number[], strides: readonly number[]): void {
  const walk = copyWalk(x.place(), y.place(), lengths, [strides, stridesOf(lengths)], widthOf(y.dtype));
  runWalk(site, walk, sizeOf(lengths));
}

export const repeatRule: LastRule<"repeat"> = (site) => {
  const { x } = site.in;
  const { axis, times } = site.attrs;
  const strides = stridesOf(x.shape);
  spread(
    site,
    x,
    site.out.y,
    [...x.shape.slice(0, axis + 1), times, ...x.shape.slice(axis + 1)],
    [...strides.slice(0, axis + 1), 0, ...strides.slice(axis + 1)],
  );
};

export const tileRule: LastRule<"tile"> = (site) => {
  const { x } = site.in;
  const { y } = site.out;
  const lead = y.shape.length - x.shape.length;
  const own = stridesOf(x.shape);
  const lengths = y.shape.flatMap((length, axis) => {
    const inner = axis < lead ? 1 : x.shape[axis - lead]!;
    return [length / inner, inner];
  });
  const strides = y.shape.flatMap((_, axis) => [0, axis < lead ? 0 : own[axis - lead]!]);
  spread(site, x, y, lengths, strides);
};
