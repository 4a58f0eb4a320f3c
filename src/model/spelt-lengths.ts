/**
 * Values of Keras 3 that are as long as others are when a model runs, of which it has no numbers: made of ones as long.
 * Source: keras/src/ops/numpy.py (3.15.1).
 */
import type { DType } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import type { Arg } from "../layers/define.ts";
import { stretches } from "../ops/move.ts";
import type { Size, Sym } from "../ops/types.ts";
import type { Made } from "./function-arguments.ts";
import type { Spelt, SpeltValue } from "./spelt.ts";

/** One of a call's operations, and what stands for its values. */
interface Site {
  readonly measured: Spelt["measured"];
  arg(value: SpeltValue): Arg | Made;
}

const ALL: Arg = { slice: [null, null, null] };

/** Ones in a vector as long as an axis. */
function onesAlong(size: Size, { measured, arg }: Site, dtype: DType): Made {
  if (typeof size === "number" || "fn" in size)
    return fail("unsupported/translation", { message: "a length that is computed of others" });
  const { value, shape } = measured(size.of);
  const line = along(arg(value), shape.length, size.axis);
  return { op: "OnesLike", args: [line], options: { dtype } };
}

/** An axis of what has so many; of the others the first element. */
const along = (x: Arg | Made, rank: number, kept: number | null): Arg | Made =>
  rank === (kept === null ? 0 : 1)
    ? x
    : { op: "GetItem", args: [x, Array.from({ length: rank }, (_, axis) => (axis === kept ? ALL : 0))] };

/** A constant that is made beside an input: Keras 3 makes no node of a call that is given no tensor. */
export const besideInput = (constant: Arg | Made, dtype: DType, x: Sym): Made =>
  times(constant, { op: "OnesLike", args: [along(x, x.shape.length, null)], options: { dtype } }, dtype);

const times = (a: Arg | Made, b: Made, dtype: DType): Made => ({ op: dtype === "bool" ? "LogicalAnd" : "Multiply", args: [a, b] }); // prettier-ignore

const zeros = ([length, ...rest]: readonly number[]): Arg =>
  length === undefined ? 0 : Array.from({ length }, () => zeros(rest));

/** One number as often as a shape says. */
export function filled(shape: readonly Size[], value: number, dtype: DType, site: Site): Made {
  const [first, ...others] = shape.flatMap((size, axis): Made[] => {
    if (typeof size === "number") return [];
    const ones = onesAlong(size, site, "int32");
    const newshape = shape.map((_, i) => (i === axis ? -1 : 1));
    return [shape.length === 1 ? ones : { op: "Reshape", args: [ones], options: { newshape } }];
  });
  const known = shape.map((size) => (typeof size === "number" ? size : 1));
  const parts: readonly (Arg | Made)[] = known.some((length) => length !== 1) ? [...others, zeros(known)] : others;
  const whole = parts.reduce<Made>((most, part) => ({ op: "Maximum", args: [most, part] }), first!);
  return { op: "FullLike", args: [whole, value], options: { dtype } };
}

/** 0, 1, … as many as an axis is long. */
export const counted = (length: Size, dtype: DType, site: Site): Made => ({
  op: "Subtract",
  args: [{ op: "Cumsum", args: [onesAlong(length, site, dtype)], options: { axis: 0 } }, 1],
});

/** What is repeated along axes where it has one element: known times, and as often as ones that are as long as `shape` there. */
export function stretched(
  x: Arg | Made,
  from: readonly (number | null)[],
  shape: readonly Size[],
  dtype: DType,
  site: Site,
): Made {
  const by = stretches(from, shape);
  if (by === null) return fail("unsupported/translation", { message: "a stretch of which only a run knows" });
  const { repeats, open } = by;
  const tiled: Arg | Made = repeats.some((n) => n !== 1) ? { op: "Tile", args: [x], options: { repeats } } : x;
  return times(tiled, filled(open, 1, dtype, site), dtype);
}
