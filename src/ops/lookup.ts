/** Elements chosen or ordered by value: gather, scatterAdd, cumsum, sort. */
import { isInteger } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import type { PrimitiveRule } from "./define.ts";
import { numbers } from "./dtypes.ts";
import { agree, checkAxis, numberOfSize, refuseShapes } from "./shapes.ts";
import type { Nd } from "./types.ts";

const sizes = (shape: readonly number[], axis: number): { outer: number; length: number; inner: number } => ({
  outer: shape.slice(0, axis).reduce((a, b) => a * b, 1),
  length: shape[axis]!,
  inner: shape.slice(axis + 1).reduce((a, b) => a * b, 1),
});

function checkIndices(indices: Nd, length: number): void {
  for (const index of indices.data) {
    if (!(index >= 0 && index < length)) {
      fail("mismatch/range", {
        source: "gather",
        expected: `an index from 0 to ${length - 1}`,
        found: String(index),
      });
    }
  }
}

/** Slices of x along an axis, by index; indices outside are refused. */
export const gather: PrimitiveRule<"gather"> = {
  takes: ({ indices }) => (isInteger(indices) ? null : "integers as indices"),
  shape({ table, indices }, { axis }) {
    checkAxis("gather", table, axis);
    return { y: [...table.slice(0, axis), ...indices, ...table.slice(axis + 1)] };
  },
  run({ table, indices }, { axis }, { y: out }) {
    const { outer, length, inner } = sizes(table.shape, axis);
    checkIndices(indices, length);
    let to = 0;
    for (let o = 0; o < outer; o++) {
      for (const index of indices.data) {
        const from = (o * length + Math.trunc(index)) * inner;
        out.data.set(table.data.subarray(from, from + inner), to);
        to += inner;
      }
    }
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
  run({ indices, updates }, { axis }, { y: out }) {
    const { outer, length, inner } = sizes(out.shape, axis);
    checkIndices(indices, length);
    let from = 0;
    for (let o = 0; o < outer; o++) {
      for (const index of indices.data) {
        const to = (o * length + index) * inner;
        for (let i = 0; i < inner; i++) out.data[to + i]! += updates.data[from++]!;
      }
    }
  },
};

/** Running sums along an axis. */
export const cumsum: PrimitiveRule<"cumsum"> = {
  takes: numbers,
  shape({ x }, { axis }) {
    checkAxis("cumsum", x, axis);
    return { y: x };
  },
  run({ x }, { axis, reverse }, { y: out }) {
    const { outer, length, inner } = sizes(x.shape, axis);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        let sum = 0;
        for (let k = 0; k < length; k++) {
          const at = (o * length + (reverse ? length - 1 - k : k)) * inner + i;
          sum += x.data[at]!;
          out.data[at] = sum;
        }
      }
    }
  },
};

/** Elements along an axis by size. */
export const sort: PrimitiveRule<"sort"> = {
  takes: numbers,
  shape({ x }, { axis }) {
    checkAxis("sort", x, axis);
    return { y: x };
  },
  run({ x }, { axis, descending }, { y: out }) {
    const { outer, length, inner } = sizes(x.shape, axis);
    const row = new Float64Array(length);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const base = o * length * inner + i;
        for (let k = 0; k < length; k++) row[k] = x.data[base + k * inner]!;
        row.sort();
        for (let k = 0; k < length; k++) out.data[base + k * inner] = row[descending ? length - 1 - k : k]!;
      }
    }
  },
};
