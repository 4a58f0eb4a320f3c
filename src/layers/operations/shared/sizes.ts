/** Arithmetic on lengths that may be unknown, and lengths as values. */
import { listOf } from "../../../core/list.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { sizesOf } from "./operation.ts";

/** `same`: what leaves a as it is. */
const on =
  (fn: "add" | "sub" | "mul" | "max", known: (a: number, b: number) => number, same?: number) =>
  (a: Size, b: Size): Size =>
    typeof a === "number" && typeof b === "number" ? known(a, b) : b === same ? a : { fn, a, b };

export const plus = on("add", (a, b) => a + b, 0);
export const minus = on("sub", (a, b) => a - b, 0);
export const times = on("mul", (a, b) => a * b, 1);
export const most = on("max", Math.max);
export const least = (a: Size, b: Size): Size => minus(a, most(minus(a, b), 0));

/** The product of some lengths. */
export const productOfSizes = (sizes: readonly Size[]): Size => (sizes.length === 0 ? 1 : sizes.reduce(times));

/** A length as a value: one that only a run knows is the sum of so many ones. */
export const counted = (cx: Context, size: Size, dtype: "int32" | "float64" = "int32"): Sym =>
  typeof size === "number" ? cx.op.constant(size, dtype) : cx.op.sum(cx.op.full([size], 1, dtype));

/** 0, 1 … along one axis of `rank`. */
export function counting(cx: Context, length: Size, axis: number, rank: number): Sym {
  const shape = listOf(rank, (i): Size => (i === axis ? length : 1));
  return cx.op.reshape(cx.op.iota(length, "int32"), shape);
}

/** With so many elements of one value before and behind those of each axis. */
export function padded(cx: Context, x: Sym, amounts: readonly (readonly [Size, Size])[], value = 0): Sym {
  const { op } = cx;
  const isKnown = (pair: readonly [Size, Size]): pair is readonly [number, number] => pair.every((n) => typeof n === "number"); // prettier-ignore
  const known = op.pad(x, amounts.map((pair) => (isKnown(pair) ? pair : [0, 0])), value); // prettier-ignore
  return amounts.reduce((y, pair, axis) => {
    if (isKnown(pair)) return y;
    const [before, behind] = pair.map((n) => (n === 0 ? [] : [op.full(sizesOf(cx, y).with(axis, n), value, x.dtype)])) as [Sym[], Sym[]]; // prettier-ignore
    return op.concat([...before, y, ...behind], axis);
  }, known);
}

/** Without all axes of length 1; those of unknown length must turn out to have another. */
export function withoutOnes(cx: Context, x: Sym): Sym {
  const of = (length: 1 | null): number[] => x.shape.flatMap((n, axis) => (n === length ? [axis] : []));
  return cx.op.squeeze(x, of(1), of(null));
}
