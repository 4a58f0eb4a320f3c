/** The same elements in the same order under another shape: reshape, expandDims, squeeze. */
import type { PrimitiveRule } from "./define.ts";
import { anything } from "./dtypes.ts";
import { checkAxis, insertAxis, numberOfSize, product, refuseShapes } from "./shapes.ts";
import type { Shape } from "./types.ts";

/** Another shape; one length may be -1. */
export const reshape: PrimitiveRule<"reshape"> = {
  takes: anything,
  shape({ x }, { shape }) {
    const target: Shape = shape.map((size) => numberOfSize(size));
    const wanted = `as many elements as [${target.map((n) => n ?? "?").join(", ")}]`;
    const free = target.indexOf(-1);
    const size = product(x);
    if (free < 0) {
      const other = product(target);
      if (size !== null && other !== null && size !== other) refuseShapes("reshape", wanted, x);
      return { y: target };
    }
    const rest = product(target.filter((_, axis) => axis !== free));
    if (size === null || rest === null) return { y: target.map((length) => (length === -1 ? null : length)) };
    if (rest <= 0 || size % rest !== 0) refuseShapes("reshape", wanted, x);
    return { y: target.map((length) => (length === -1 ? size / rest : length)) };
  },
};

/** New axes of length 1. */
export const expandDims: PrimitiveRule<"expandDims"> = {
  takes: anything,
  shape: ({ x }, { axes }) => ({ y: axes.reduce<Shape>((shape, axis) => insertAxis(shape, axis, 1), x) }),
};

/** Axes of length 1 taken away. */
export const squeeze: PrimitiveRule<"squeeze"> = {
  takes: anything,
  shape({ x }, { axes, longer = [] }) {
    for (const axis of longer) if (x[axis] === 1) refuseShapes("squeeze", `another length than 1 at axis ${axis}, which the model leaves open`, x); // prettier-ignore
    for (const axis of axes) {
      checkAxis("squeeze", x, axis);
      if (x[axis] !== 1 && x[axis] !== null) refuseShapes("squeeze", `length 1 at axis ${axis}`, x);
    }
    return { y: x.filter((_, axis) => !axes.includes(axis)) };
  },
};
