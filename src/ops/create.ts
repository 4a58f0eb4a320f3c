/** Values made from nothing or from other values one to one: full, iota, cast, bitcast, where. */
import type { PrimitiveRule } from "./define.ts";
import { anything } from "./dtypes.ts";
import { broadcast, numberOfSize, refuseShapes } from "./shapes.ts";

/** One number in every place of a shape. */
export const full: PrimitiveRule<"full"> = {
  takes: anything,
  shape: (_, { shape }) => ({ y: shape.map((size) => numberOfSize(size)) }),
  dtype: (_, { dtype }) => ({ y: dtype }),
};

/** 0, 1 … length - 1. */
export const iota: PrimitiveRule<"iota"> = {
  takes: anything,
  shape: (_, { length }) => ({ y: [numberOfSize(length)] }),
  dtype: (_, { dtype }) => ({ y: dtype }),
};

/**
 * Floats are truncated to integers; otherwise the copy alone: who evaluates a node brings its values into the output's dtype,
 * float32 only where it is `rounded`.
 */
export const cast: PrimitiveRule<"cast"> = {
  takes: ({ x }, { dtype }) => (x === "string" || dtype === "string" ? "numbers or bools, to become such" : null),
  shape: ({ x }) => ({ y: x }),
  dtype: (_, { dtype }) => ({ y: dtype }),
};

/** Of pairs of int32 float64, and of those pairs. */
export const bitcast: PrimitiveRule<"bitcast"> = {
  takes: ({ x }, { from, dtype }) =>
    x === from && (from === "int32") !== (dtype === "int32") ? null : "float32 or float64 as int32, or int32 as those",
  shape({ x }, { from, dtype }) {
    if (from === "float64") return { y: [...x, 2] };
    if (dtype !== "float64") return { y: x };
    if (x.length === 0 || (x.at(-1) ?? 2) !== 2) refuseShapes("bitcast", "a last axis of 2", x);
    return { y: x.slice(0, -1) };
  },
  dtype: (_, { dtype }) => ({ y: dtype }),
};

/** a where the condition holds, else b; all three broadcast. */
export const where: PrimitiveRule<"where"> = {
  takes: ({ condition, a, b }) => (condition === "bool" && a === b ? null : "bool, then two of one dtype"),
  shape: ({ condition, a, b }) => ({ y: broadcast("where", [condition, a, b]) }),
  dtype: ({ a }) => ({ y: a }),
};
