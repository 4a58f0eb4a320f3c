/** What the normalisation layers share. */
import { listOf } from "../../core/list.ts";
import { isFloat } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import type { Shape, Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";
import { bool } from "../fields.ts";
import { constraints, initializers, regularizers } from "./weight-options.ts";

/** Initialisers of gamma and beta. */
export const affineInitializers = initializers({ beta: "Zeros", gamma: "Ones" });

/** Regularisers and constraints of gamma and beta. */
export const affineLimits = {
  ...regularizers("beta", "gamma"),
  ...constraints("beta", "gamma"),
};

/** Whether beta is added, and whether gamma multiplies. */
export const centerAndScale = { center: bool(true), scale: bool(true) };

/** Axes counted from 0, in order. Throws `mismatch/axis` for one that x has not, or that is named twice. */
export function positive(axes: readonly number[], rank: number): number[] {
  const found = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  if (found.some((axis, i) => axis < 0 || axis >= rank || axis === found[i - 1]))
    fail("mismatch/axis", { expected: `different axes of ${rank}`, found: axes.join(", ") });
  return found;
}

/** The lengths of x along some axes. */
export function lengthsAlong(x: Shape | undefined, axes: readonly number[]): (number | null)[] {
  return axes.map((axis) => x?.at(axis) ?? null);
}

/** A parameter as a factor of x: its axes stand at `axes`, 1 elsewhere. */
export function alongAxes(cx: Context, parameter: Sym, x: Sym, axes: readonly number[]): Sym {
  if (parameter.shape.length === x.shape.length) return parameter;
  return cx.op.reshape(
    parameter,
    x.shape.map((_, axis) => (axes.includes(axis) ? cx.size(x, axis) : 1)),
  );
}

/** Mean and variance over `axes`, which stay with length 1. */
export function moments(cx: Context, x: Sym, axes: readonly number[]): { mean: Sym; variance: Sym } {
  const { op } = cx;
  const mean = op.mean(x, axes, true);
  return { mean, variance: op.mean(op.square(op.subtract(x, mean)), axes, true) };
}

/** As `moments`, of what the mask [B, …] keeps of x[B, …, C]. */
export function maskedMoments(cx: Context, x: Sym, axes: readonly number[], mask: Sym): { mean: Sym; variance: Sym } {
  const { op } = cx;
  const keep = op.cast(op.expandDims(mask, [x.shape.length - 1]), x.dtype);
  const all = op.broadcastTo(
    keep,
    x.shape.map((_, axis) => cx.size(x, axis)),
  );
  return keptMoments(cx, x, axes, keep, op.sum(all, axes, true));
}

/** As `moments`, of numbers that count as much as `keep` says, `count` all together; of none both are 0. */
export function keptMoments(
  cx: Context,
  x: Sym,
  axes: readonly number[],
  keep: Sym,
  count: Sym,
): { mean: Sym; variance: Sym } {
  const { op } = cx;
  const isNone = op.equal(count, 0);
  const share = (y: Sym): Sym =>
    op.where(isNone, 0, op.divide(op.sum(op.multiply(y, keep), axes, true), op.where(isNone, 1, count)));
  const mean = share(x);
  return { mean, variance: share(op.square(op.subtract(x, mean))) };
}

/** (x - mean) / sqrt(variance + epsilon) · gamma + beta, all of which broadcast. */
export function normalized(
  cx: Context,
  x: Sym,
  { mean, variance }: { mean: Sym; variance: Sym },
  affine: { gamma: Sym | undefined; beta: Sym | undefined },
  epsilon: number,
): Sym {
  const { op } = cx;
  const y = op.multiply(op.subtract(x, mean), op.rsqrt(op.add(variance, epsilon)));
  const scaled = affine.gamma === undefined ? y : op.multiply(y, affine.gamma);
  return affine.beta === undefined ? scaled : op.add(scaled, affine.beta);
}

/** What f makes of x as floats. Keras 3 gives it x's dtype again: of integers it cuts the fractions off. */
export function inFloats(cx: Context, x: Sym, f: (x: Sym) => Sym): Sym {
  if (isFloat(x.dtype)) return f(x);
  const y = f(cx.op.cast(x, "float32"));
  return cx.semantics === "keras3" ? cx.op.cast(y, x.dtype) : y;
}

/** A weight as floats, as it multiplies them. */
export const asFloats = <P extends Sym | undefined>(cx: Context, weight: P): P =>
  weight === undefined || isFloat(weight.dtype) ? weight : (cx.op.cast(weight, "float32") as P);

/** All axes but some. */
export const otherAxes = (rank: number, axes: readonly number[]): number[] =>
  listOf(rank, (axis) => axis).filter((axis) => !axes.includes(axis));
