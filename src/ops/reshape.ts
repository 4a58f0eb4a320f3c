/** The same elements in the same order under another shape: reshape, expandDims, squeeze. */
import { fail } from "../core/error.ts";
import { primitive } from "./define.ts";
import { anything } from "./dtypes.ts";
import { checkAxes, insertAxis, lengthOf, product, refuseShapes } from "./shapes.ts";
import type { Nd, Primitive, Shape, Size } from "./types.ts";

const copy = ([x]: readonly Nd[], _: unknown, [out]: readonly Nd[]): void => void out!.data.set(x!.data);

const reshape = primitive<{ shape: readonly Size[] }>({
  name: "reshape",
  takes: anything,
  shape([x], { shape }) {
    const target: Shape = shape.map((size) => lengthOf(size));
    const wanted = `as many elements as [${target.map((n) => n ?? "?").join(", ")}]`;
    const free = target.indexOf(-1);
    const size = product(x!);
    if (free < 0) {
      const other = product(target);
      if (size !== null && other !== null && size !== other) refuseShapes("reshape", wanted, x!);
      return [target];
    }
    const rest = product(target.filter((_, axis) => axis !== free));
    if (size === null || rest === null) return [target.map((length) => (length === -1 ? null : length))];
    if (rest <= 0 || size % rest !== 0) refuseShapes("reshape", wanted, x!);
    return [target.map((length) => (length === -1 ? size / rest : length))];
  },
  run: copy,
});

const expandDims = primitive<{ axes: readonly number[] }>({
  name: "expandDims",
  takes: anything,
  shape([x], { axes }) {
    checkAxes("expandDims", [...x!, ...axes.map(() => 1)], axes);
    return [axes.reduce<Shape>((shape, axis) => insertAxis(shape, axis, 1), x!)];
  },
  run: copy,
});

const squeeze = primitive<{ axes: readonly number[]; longer?: readonly number[] }>({
  name: "squeeze",
  takes: anything,
  shape([x], { axes, longer }) {
    const one = longer?.find((axis) => x![axis] === 1);
    if (one !== undefined)
      fail("unsupported/free-length", { message: `axis ${one} is of length 1, and Keras would drop it` });
    checkAxes("squeeze", x!, axes);
    for (const axis of axes) {
      if (x![axis] !== 1 && x![axis] !== null) refuseShapes("squeeze", `length 1 at axis ${axis}`, x!);
    }
    return [x!.filter((_, axis) => !axes.includes(axis))];
  },
  run: copy,
});

export const reshapes: readonly Primitive[] = [reshape, expandDims, squeeze];
