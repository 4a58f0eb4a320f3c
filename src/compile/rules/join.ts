/** Elements put together or repeated, by copies. */
import { sizeOf } from "../../core/tensor.ts";
import { stridesOf } from "../../ops/strided.ts";
import { copy, element, fill } from "../kernels/copy.ts";
import { held, storageOf, widthOf } from "../kernels/storage.ts";
import type { Rule, Site } from "../kernels/types.ts";

/** Input `index` to where its element 0 falls in the output. */
function place(site: Site, index: number, offset: number): void {
  const { shape, dtype } = site.inputs[index]!;
  if (sizeOf(shape) === 0) return;
  const width = widthOf(dtype);
  const target = element(site.output(0), offset, width);
  const strides = [stridesOf(shape), stridesOf(site.outputs[0]!.shape)] as const;
  const { kernel, args } = copy(site.input(index), target, shape, strides, width);
  site.run(kernel, args);
}

export const concatRule: Rule = (site) => {
  const axis = site.attrs["axis"] as number;
  const step = stridesOf(site.outputs[0]!.shape)[axis]!;
  let at = 0;
  site.inputs.forEach(({ shape }, i) => {
    place(site, i, at * step);
    at += shape[axis]!;
  });
  return true;
};

export const padRule: Rule = (site) => {
  const { shape, dtype } = site.outputs[0]!;
  const amounts = site.attrs["amounts"] as readonly (readonly [number, number])[];
  const value = held(dtype, Number(site.attrs["value"]));
  const strides = stridesOf(shape);
  const filling = fill(site.output(0), sizeOf(shape), value, storageOf(dtype));
  if (amounts.some(([before, after]) => before + after > 0)) site.run(filling.kernel, filling.args);
  place(
    site,
    0,
    amounts.reduce((sum, [before], axis) => sum + before * strides[axis]!, 0),
  );
  return true;
};

/** Copies with each axis of the output split in two, of which one stands still in the input. */
function spread(site: Site, lengths: readonly number[], strides: readonly number[]): void {
  const { kernel, args } = copy(
    site.input(0),
    site.output(0),
    lengths,
    [strides, stridesOf(lengths)],
    widthOf(site.outputs[0]!.dtype),
  );
  site.run(kernel, args);
}

export const repeatRule: Rule = (site) => {
  const { shape } = site.inputs[0]!;
  const [axis, times] = [site.attrs["axis"] as number, site.attrs["times"] as number];
  const strides = stridesOf(shape);
  spread(
    site,
    [...shape.slice(0, axis + 1), times, ...shape.slice(axis + 1)],
    [...strides.slice(0, axis + 1), 0, ...strides.slice(axis + 1)],
  );
  return true;
};

export const tileRule: Rule = (site) => {
  const { shape } = site.inputs[0]!;
  const out = site.outputs[0]!.shape;
  const lead = out.length - shape.length;
  const own = stridesOf(shape);
  const lengths = out.flatMap((length, axis) => {
    const inner = axis < lead ? 1 : shape[axis - lead]!;
    return [length / inner, inner];
  });
  spread(
    site,
    lengths,
    out.flatMap((_, axis) => [0, axis < lead ? 0 : own[axis - lead]!]),
  );
  return true;
};
