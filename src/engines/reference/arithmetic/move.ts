/** Elements at other places: transpose, broadcastTo, slice, reverse. */
import { sliceOf } from "../../../ops/move.ts";
import { broadcastStrides, stridesOf } from "../../../ops/strided.ts";
import { copyStrided } from "./strided.ts";
import type { Computation } from "./types.ts";

export const transpose: Computation<"transpose"> = ({ x }, { perm }, { y: out }) => {
  const strides = stridesOf(x.shape);
  copyStrided(
    x.data,
    0,
    perm.map((axis) => strides[axis]!),
    out.shape,
    out.data,
  );
};

export const broadcastTo: Computation<"broadcastTo"> = ({ x }, _, { y: out }) =>
  copyStrided(x.data, 0, broadcastStrides(x.shape, out.shape), out.shape, out.data);

export const slice: Computation<"slice"> = ({ x }, { ranges }, { y: out }) => {
  const strides = stridesOf(x.shape);
  let offset = 0;
  const steps = [...strides];
  for (const range of ranges) {
    offset += sliceOf(range, x.shape[range.axis]!).start * strides[range.axis]!;
    steps[range.axis] = strides[range.axis]! * range.step;
  }
  copyStrided(x.data, offset, steps, out.shape, out.data);
};

export const reverse: Computation<"reverse"> = ({ x }, { axes }, { y: out }) => {
  const strides = stridesOf(x.shape);
  let offset = 0;
  const steps = strides.map((stride, axis) => {
    if (!axes.includes(axis)) return stride;
    offset += (x.shape[axis]! - 1) * stride;
    return -stride;
  });
  copyStrided(x.data, offset, steps, out.shape, out.data);
};
