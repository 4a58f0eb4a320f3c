/** Many elements to one: sum, mean, prod, max, min, any, all, argmax, argmin. */
import { type PrimitiveRule, rulesFor } from "./define.ts";
import { anything, bools, floats, numbers } from "./dtypes.ts";
import { checkAxes, checkAxis, refuseShapes, withAxis, withoutAxis } from "./shapes.ts";
import { ARG_REDUCE, REDUCE, REDUCE_BOOL } from "./signatures.ts";
import type { Shape } from "./types.ts";

/** Refuses to choose among no elements. An output without elements asks for none. */
function needSome(name: string, x: Shape, axes: readonly number[]): void {
  const isEmpty = (axis: number): boolean => x[axis] === 0;
  if (axes.some(isEmpty) && !x.some((_, axis) => !axes.includes(axis) && isEmpty(axis)))
    refuseShapes(name, `an element along ${axes.join(", ")}`, x);
}

type FoldRule = PrimitiveRule<(typeof REDUCE)[number] | (typeof REDUCE_BOOL)[number]>;
type ArgRule = PrimitiveRule<(typeof ARG_REDUCE)[number]>;

const fold = (name: string): FoldRule => ({
  takes: name === "mean" ? floats : numbers,
  shape({ x }, { axes, keepdims, nothing }) {
    checkAxes(name, x, axes);
    if ((name === "max" || name === "min") && nothing !== true) needSome(name, x, axes);
    if (keepdims) return { y: axes.reduce((shape, axis) => withAxis(shape, axis, 1), x) };
    return { y: x.filter((_, axis) => !axes.includes(axis)) };
  },
});

const arg = (name: string): ArgRule => ({
  takes: anything,
  dtype: () => ({ y: "int32" }),
  shape({ x }, { axis, keepdims }) {
    checkAxis(name, x, axis);
    needSome(name, x, [axis]);
    return { y: keepdims ? withAxis(x, axis, 1) : withoutAxis(x, axis) };
  },
});

/** Rules of the operations that make one element of all along some axes. */
export const reductions = {
  ...rulesFor(REDUCE, fold),
  ...rulesFor(REDUCE_BOOL, (name): FoldRule => ({ ...fold(name), takes: bools, dtype: () => ({ y: "bool" }) })),
  ...rulesFor(ARG_REDUCE, arg),
};
