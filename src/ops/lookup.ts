/** Elements chosen or ordered by value: gather, scatterAdd, cumsum, sort, argsort. */
import { isInteger } from "../core/dtype.ts";
import type { PrimitiveRule } from "./define.ts";
import { numbers } from "./dtypes.ts";
import { agree, checkAxis, numberOfSize, refuseShapes } from "./shapes.ts";

/** Slices of x along an axis, by index; indices outside are refused. */
export const gather: PrimitiveRule<"gather"> = {
  takes: ({ indices }) => (isInteger(indices) ? null : "integers as indices"),
  shape({ table, indices }, { axis }) {
    checkAxis("gather", table, axis);
    return { y: [...table.slice(0, axis), ...indices, ...table.slice(axis + 1)] };
  },
};

/** Slices added at indices of an axis; indices outside are refused. */
export const scatterAdd: PrimitiveRule<"scatterAdd"> = {
  takes: ({ indices, updates }) =>
    isInteger(indices) && numbers({ updates }) === null ? null : "integers as indices, then numbers",
  shape({ indices, updates }, { axis, length }) {
    const fits = updates.length >= axis + indices.length && indices.every((n, i) => agree(n, updates[axis + i]!));
    if (!fits) refuseShapes("scatterAdd", `updates with the axes of the indices from ${axis} on`, indices, updates);
    return { y: [...updates.slice(0, axis), numberOfSize(length), ...updates.slice(axis + indices.length)] };
  },
  dtype: ({ updates }) => ({ y: updates }),
};

/** Running sums along an axis. */
export const cumsum: PrimitiveRule<"cumsum"> = {
  takes: numbers,
  shape({ x }, { axis }) {
    checkAxis("cumsum", x, axis);
    return { y: x };
  },
};

/** Elements along an axis by size. */
export const sort: PrimitiveRule<"sort"> = {
  takes: numbers,
  shape({ x }, { axis }) {
    checkAxis("sort", x, axis);
    return { y: x };
  },
};

/** Where elements along an axis stand, by size: equal ones keep their order, NaN is beyond all numbers. */
export const argsort: PrimitiveRule<"argsort"> = {
  takes: numbers,
  shape({ x }, { axis }) {
    checkAxis("argsort", x, axis);
    return { y: x };
  },
  dtype: () => ({ y: "int32" }),
};
