/** Elements chosen or ordered by value: gather, scatterAdd, cumsum, sort, argsort. */
import { fail } from "../../../core/error.ts";
import type { Nd } from "../../../ops/types.ts";
import type { Computation } from "./types.ts";

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

export const gather: Computation<"gather"> = ({ table, indices }, { axis }, { y: out }) => {
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
};

export const scatterAdd: Computation<"scatterAdd"> = ({ indices, updates }, { axis }, { y: out }) => {
  const { outer, length, inner } = sizes(out.shape, axis);
  checkIndices(indices, length);
  let from = 0;
  for (let o = 0; o < outer; o++) {
    for (const index of indices.data) {
      const to = (o * length + index) * inner;
      for (let i = 0; i < inner; i++) out.data[to + i]! += updates.data[from++]!;
    }
  }
};

export const cumsum: Computation<"cumsum"> = ({ x }, { axis, reverse }, { y: out }) => {
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
};

export const sort: Computation<"sort"> = ({ x }, { axis, descending }, { y: out }) => {
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
};

/** Equal ones keep their order; NaN is beyond all numbers. */
export const argsort: Computation<"argsort"> = ({ x }, { axis, descending }, { y: out }) => {
  const { outer, length, inner } = sizes(x.shape, axis);
  const row = new Float64Array(length);
  const beyond = (v: number): number => Number(Number.isNaN(v));
  const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : beyond(a) - beyond(b));
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const base = o * length * inner + i;
      for (let k = 0; k < length; k++) row[k] = x.data[base + k * inner]!;
      const places = Array.from(row.keys());
      places.sort((p, q) => (descending ? compare(row[q]!, row[p]!) : compare(row[p]!, row[q]!)));
      for (let k = 0; k < length; k++) out.data[base + k * inner] = places[k]!;
    }
  }
};
