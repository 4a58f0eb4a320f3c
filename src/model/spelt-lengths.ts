/**
 * Values of Keras 3 that are as long as others are when a model runs, of which it has no numbers: made of ones as long.
 * Source: keras/src/ops/numpy.py (3.15.1).
 */
import type { DType } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import type { Arg } from "../layers/define.ts";
import { stretches } from "../ops/move.ts";
import type { Shape, Size, Sym, ValueId } from "../ops/types.ts";
import type { Made } from "./function-arguments.ts";
import type { Spelt, SpeltValue } from "./spelt.ts";

/** One of a call's operations, and what stands for its values. */
interface Site {
  readonly measured: Spelt["measured"];
  arg(value: SpeltValue): Arg | Made;
}

const ALL: Arg = { slice: [null, null, null] };

/** Ones in a vector of a length. */
const onesAlong = (size: Size, site: Site, dtype: DType): Made => ({
  op: "OnesLike",
  args: [asLong(size, site)],
  options: { dtype },
});

/** A vector of a length: an axis of a value, or what is joined, cut, repeated of such vectors. */
function asLong(size: Size, site: Site): Arg | Made {
  if (typeof size === "number") return refuseLength();
  if ("of" in size) {
    const { value, shape } = site.measured(size.of);
    return along(site.arg(value), shape.length, size.axis);
  }
  const { fn, a, b } = size;
  const cut = (from: number, step: number): Made => ({ op: "GetItem", args: [asLong(a, site), [{ slice: [from, null, step] }]] }); // prettier-ignore
  if (fn === "sub" && typeof b === "number" && b >= 0) return cut(b, 1);
  if (fn === "sub" && typeof b === "number") return lengthened(asLong(a, site), -b);
  if ((fn === "floor" || fn === "div") && typeof b === "number" && b > 0) return cut(b - 1, b);
  if (fn === "max" && b === 0) return asLong(a, site);
  const [known, other] = typeof a === "number" ? [a, b] : [b, a];
  if (fn === "add" && typeof known === "number" && known >= 0) return lengthened(asLong(other, site), known);
  if (fn === "add" && typeof known !== "number")
    return { op: "Concatenate", args: [[onesAlong(a, site, "int32"), onesAlong(b, site, "int32")]], options: { axis: 0 } }; // prettier-ignore
  if (fn === "mul" && typeof known === "number" && known > 0)
    return { op: "Repeat", args: [asLong(other, site)], options: { repeats: known, axis: 0 } };
  return refuseLength();
}

const refuseLength = (): never => fail("unsupported/translation", { message: "a length that is computed of others" });

const lengthened = (x: Arg | Made, by: number): Made => ({
  op: "Pad",
  args: [x],
  options: { pad_width: [[0, by]], mode: "constant" },
});

/** Whether a length is never less than 0. */
const isCount = (size: Size): boolean =>
  typeof size === "number" ? size >= 0 : "of" in size || (size.fn !== "sub" && isCount(size.a) && isCount(size.b));

/**
 * Whether so many are never more than an axis has. An end of less than 0 counts from behind: where at most two are taken
 * off the axis' own length, and that is divided or not, it leaves nothing, as it should.
 */
function isWithin(size: Size, isOwn: (of: ValueId, axis: number) => boolean): boolean {
  let inner = size;
  while (typeof inner === "object" && "fn" in inner && inner.fn === "floor" && isCount(inner.b)) inner = inner.a;
  let lacking = 0;
  while (
    typeof inner === "object" &&
    "fn" in inner &&
    inner.fn === "sub" &&
    typeof inner.b === "number" &&
    inner.b >= 0
  ) {
    lacking += inner.b;
    inner = inner.a;
  }
  return lacking <= 2 && typeof inner === "object" && "of" in inner && isOwn(inner.of, inner.axis);
}

/** The first elements of x along an axis, up to a length, in `from` that are all that there are. */
export function upTo(x: Arg | Made, stop: Size, from: SpeltValue, shape: Shape, axis: number, site: Site): Made {
  const isOwn = (of: ValueId, at: number): boolean => at === axis && site.measured(of).value === from;
  const length = shape[axis]!;
  if (length === null ? !isWithin(stop, isOwn) : !isCount(stop))
    return fail("unsupported/translation", { message: "a slice of which only a run knows where it ends" });
  const given = asLong(stop, site);
  const kept: Arg | Made =
    length === null ? given : { op: "GetItem", args: [given, [{ slice: [null, length, null] }]] };
  const ones: Made = { op: "OnesLike", args: [kept], options: { dtype: "int32" } };
  return { op: "Take", args: [x, countingOf(ones)], options: { axis } };
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

/** 0, 1, … as many as a length says. */
export const counted = (length: Size, dtype: DType, site: Site): Made => countingOf(onesAlong(length, site, dtype));

const countingOf = (ones: Made): Made => ({
  op: "Subtract",
  args: [{ op: "Cumsum", args: [ones], options: { axis: 0 } }, 1],
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
