/** Values made from nothing or from other values one to one: full, iota, cast, where. */
import { isFloat, isInteger } from "../core/dtype.ts";
import type { PrimitiveRule } from "./define.ts";
import { anything } from "./dtypes.ts";
import { truncated } from "./numbers.ts";
import { broadcast, numberOfSize } from "./shapes.ts";
import { broadcastStrides, eachRow } from "./strided.ts";

/** One number in every place of a shape. */
export const full: PrimitiveRule<"full"> = {
  takes: anything,
  shape: (_, { shape }) => ({ y: shape.map((size) => numberOfSize(size)) }),
  dtype: (_, { dtype }) => ({ y: dtype }),
  run: (_, { value }, { y }) => void y.data.fill(value),
};

/** 0, 1 … length - 1. */
export const iota: PrimitiveRule<"iota"> = {
  takes: anything,
  shape: (_, { length }) => ({ y: [numberOfSize(length)] }),
  dtype: (_, { dtype }) => ({ y: dtype }),
  run(_x, _a, { y }) {
    for (let i = 0; i < y.data.length; i++) y.data[i] = i;
  },
};

/**
 * Floats are truncated to integers; otherwise the copy alone: who evaluates a node brings its values into the output's dtype,
 * float32 only where it is `rounded`.
 */
export const cast: PrimitiveRule<"cast"> = {
  takes: ({ x }, { dtype }) => (x === "string" || dtype === "string" ? "numbers or bools, to become such" : null),
  shape: ({ x }) => ({ y: x }),
  dtype: (_, { dtype }) => ({ y: dtype }),
  run({ x }, { dtype, rounded }, { y }, _, from) {
    if (isFloat(from.x) && isInteger(dtype))
      for (let i = 0; i < y.data.length; i++) y.data[i] = truncated(x.data[i]!, dtype);
    else y.data.set(rounded && dtype === "float32" ? Float32Array.from(x.data) : x.data);
  },
};

/** a where the condition holds, else b; all three broadcast. */
export const where: PrimitiveRule<"where"> = {
  takes: ({ condition, a, b }) => (condition === "bool" && a === b ? null : "bool, then two of one dtype"),
  shape: ({ condition, a, b }) => ({ y: broadcast("where", [condition, a, b]) }),
  dtype: ({ a }) => ({ y: a }),
  run({ condition, a, b }, _, { y }) {
    const strides = [condition, a, b].map((v) => broadcastStrides(v.shape, y.shape));
    const last = y.shape.length - 1;
    const length = y.shape[last] ?? 1;
    const [sc, sa, sb] = strides.map((s) => s[last] ?? 0) as [number, number, number];
    eachRow(y.shape, strides, (at, [i, j, k]) => {
      for (let n = 0; n < length; n++) {
        y.data[at + n] = condition.data[i! + n * sc] !== 0 ? a.data[j! + n * sa]! : b.data[k! + n * sb]!;
      }
    });
  },
};
