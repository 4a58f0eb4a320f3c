/** What reductions share. */
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { axisOf } from "./operation.ts";

/** The axes of an option; null is all of them. */
export const axesOf = (x: Sym, given: readonly number[] | null): number[] =>
  given === null ? x.shape.map((_, i) => i) : given.map((axis) => axisOf(x, axis));

/** Axes of length 1 that go away, or stay. */
export const dropped = (cx: Context, x: Sym, along: readonly number[], keepdims: boolean): Sym =>
  keepdims ? x : cx.op.squeeze(x, along);

export type Reduction = "sum" | "mean" | "prod" | "max" | "min" | "any" | "all";

/** The largest of bools is one of them. */
export const reduced = (
  cx: Context,
  fn: Reduction,
  x: Sym,
  axis: readonly number[] | null,
  keepdims: boolean,
  nothing = false,
): Sym => {
  const of = x.dtype !== "bool" ? fn : fn === "max" ? "any" : fn === "min" ? "all" : fn;
  return cx.op[of](x, axesOf(x, axis), keepdims, nothing);
};
