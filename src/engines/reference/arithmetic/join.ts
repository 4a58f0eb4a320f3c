/** Elements put together or repeated: concat, pad, repeat, tile. */
import { stridesOf } from "../../../ops/strided.ts";
import { copyStrided, eachRow } from "./strided.ts";
import type { Computation } from "./types.ts";

export const concat: Computation<"concat"> = ({ xs }, { axis }, { y: out }) => {
  const inner = out.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = out.shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const row = out.shape[axis]! * inner;
  let at = 0;
  for (const part of xs) {
    const length = part.shape[axis]! * inner;
    for (let i = 0; i < outer; i++) out.data.set(part.data.subarray(i * length, (i + 1) * length), i * row + at);
    at += length;
  }
};

export const pad: Computation<"pad"> = ({ x }, { amounts, value }, { y: out }) => {
  out.data.fill(value);
  const strides = stridesOf(out.shape);
  const offset = amounts.reduce((sum, [before], axis) => sum + before * strides[axis]!, 0);
  const length = x.shape.at(-1) ?? 1;
  eachRow(x.shape, [strides], (at, [to]) => out.data.set(x.data.subarray(at, at + length), offset + to!));
};

export const repeat: Computation<"repeat"> = ({ x }, { axis, times: n }, { y: out }) => {
  const inner = x.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  for (let from = 0, to = 0; from < x.data.length; from += inner) {
    const row = x.data.subarray(from, from + inner);
    for (let i = 0; i < n; i++, to += inner) out.data.set(row, to);
  }
};

export const tile: Computation<"tile"> = ({ x }, _, { y: out }) => {
  const rank = out.shape.length;
  const lead = rank - x.shape.length;
  // Each axis becomes [repeat, own length], the repeat read with stride 0.
  const own = stridesOf(x.shape);
  const shape: number[] = [];
  const strides: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const length = axis < lead ? 1 : x.shape[axis - lead]!;
    shape.push(length === 0 ? 0 : out.shape[axis]! / length, length);
    strides.push(0, axis < lead ? 0 : own[axis - lead]!);
  }
  copyStrided(x.data, 0, strides, shape, out.data);
};
