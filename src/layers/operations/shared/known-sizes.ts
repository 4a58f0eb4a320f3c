/**
 * Lengths that models compute with: `tf.reshape(x, [tf.shape(x)[0], 12])`. They are values of the graph like any other,
 * and beside that known here as sizes, which the shapes of other values can be made of.
 */
import type { Size, Sym, ValueId } from "../../../ops/types.ts";
import type { Arg, Context } from "../../define.ts";
import { isFloat } from "../../../core/dtype.ts";
import { isSym } from "../../common/args.ts";
import { sizeFrom } from "../../../ops/shapes.ts";
import { counted, least, minus, most, plus, times } from "./sizes.ts";

/** By trace. */
const traces = new WeakMap<Context["op"], Map<ValueId, readonly Size[]>>();

/** How many numbers and lengths go into a length. */
const termsOf = (size: Size): number =>
  typeof size === "object" && "fn" in size ? termsOf(size.a) + termsOf(size.b) : 1;
/** Beyond so many lengths, or terms of one, they are not known: what is doubled again and again has 2^n. */
const MOST = 64;

/** A vector, or a number, of lengths, of which it is noted what it holds; where all are known it is a constant. */
export function withSizes(cx: Context, given: Sym, sizes: readonly Size[] | null): Sym {
  if (sizes === null || sizes.length > MOST || sizes.some((size) => termsOf(size) > MOST)) return given;
  const isPlain = given.shape.length < 2 && (given.shape[0] ?? 1) === sizes.length;
  const isKnown = isPlain && sizes.length > 0 && sizes.every((size) => typeof size === "number");
  const x = isKnown ? cx.op.array(sizes as readonly number[], given.shape as readonly number[], given.dtype) : given;
  const known = traces.get(cx.op) ?? new Map<ValueId, readonly Size[]>();
  traces.set(cx.op, known.set(x.id, sizes));
  return x;
}

/** Plain numbers, values known as sizes, or lists of those; null for everything else. */
export function knownSizes(cx: Context, arg: Arg | undefined): readonly Size[] | null {
  if (typeof arg === "number") return [arg];
  if (isSym(arg))
    return (
      traces.get(cx.op)?.get(arg.id) ?? (arg.shape.length < 2 && !isFloat(arg.dtype) ? (arg.listed ?? null) : null)
    );
  if (!Array.isArray(arg)) return null;
  const parts = (arg as readonly Arg[]).map((item) => knownSizes(cx, item));
  return parts.every((part) => part !== null) ? parts.flat() : null;
}

/** As `withSizes`, of elements in the order that x has them in. */
export const keptSizes = (cx: Context, y: Sym, x: Arg | undefined): Sym =>
  y.shape.length < 2 ? withSizes(cx, y, knownSizes(cx, x)) : y;

/** A length as an argument: a number, or a value that is known as a size. */
export const lengthAsValue = (cx: Context, size: Size): number | Sym =>
  typeof size === "number" ? size : withSizes(cx, counted(cx, size), [size]);

/** The shape of x as a vector of whole numbers. */
export function shapeOf(cx: Context, x: Sym): Sym {
  const { op } = cx;
  const sizes = x.shape.map((_, axis) => cx.size(x, axis));
  if (sizes.length === 0) return op.array([], [0], "int32");
  return withSizes(cx, op.stack(sizes.map((n) => counted(cx, n)), 0), sizes); // prettier-ignore
}

/** 1 where a is more than b, else 0. */
const greater = (a: Size, b: Size): Size => least(most(minus(a, b), 0), 1);
const divided = (a: Size, b: Size): Size => (b === 1 ? a : sizeFrom("floor", a, b));
const rest = (a: Size, b: Size): Size => minus(a, times(divided(a, b), b));

const ARITHMETIC = {
  add: plus,
  sub: minus,
  mul: times,
  max: most,
  min: least,
  div: divided,
  mod: rest,
  greater,
} as const;
/** What is computed with lengths. */
export type LengthFunction = keyof typeof ARITHMETIC;

/** Arithmetic on lengths, one by one; a single one goes with each. */
export function combined(
  cx: Context,
  fn: LengthFunction,
  a: Arg | undefined,
  b: Arg | undefined,
): readonly Size[] | null {
  if (!isSym(a) && !isSym(b)) return null;
  const [p, q] = [knownSizes(cx, a), knownSizes(cx, b)];
  if ([a, b].some((n) => typeof n === "number" && !Number.isInteger(n))) return null;
  if (p === null || q === null || (p.length !== q.length && p.length !== 1 && q.length !== 1)) return null;
  const longer = p.length > q.length ? p : q;
  return longer.map((_, i) => ARITHMETIC[fn](p[i] ?? p[0]!, q[i] ?? q[0]!));
}

/** One length of all in a vector. */
export function reducedSizes(cx: Context, fn: "sum" | "prod" | "max" | "min", x: Sym): readonly Size[] | null {
  const sizes = x.shape.length === 1 ? knownSizes(cx, x) : null;
  const all = { sum: plus, prod: times, max: most, min: least }[fn];
  return sizes === null || sizes.length === 0 ? null : [sizes.reduce(all)];
}

/** Of two lists of lengths those that a third says, by 1 and 0. */
export function chosenSizes(cx: Context, condition: Arg, x: Arg, y: Arg): readonly Size[] | null {
  const [c, p, q] = [knownSizes(cx, condition), knownSizes(cx, x), knownSizes(cx, y)];
  if (c === null || c.length !== p?.length || c.length !== q?.length) return null;
  return c.map((one, i) => plus(times(one, minus(p[i]!, q[i]!)), q[i]!));
}

/** What an index into a vector of lengths picks. */
export function pickedSizes(cx: Context, x: Sym, key: Arg | undefined): readonly Size[] | null {
  const sizes = knownSizes(cx, x);
  const only = Array.isArray(key) && key.length === 1 ? (key as readonly Arg[])[0] : key;
  if (sizes === null || x.shape.length !== 1) return null;
  if (typeof only === "number") return sizes.at(only) === undefined ? null : [sizes.at(only)!];
  const bounds =
    typeof only === "object" && only !== null && "slice" in only ? (only["slice"] as readonly Arg[]) : null;
  const [start, stop, step] = bounds ?? [];
  const [from, to] = [start ?? 0, stop ?? sizes.length].map((bound) => knownSizes(cx, bound)?.[0]);
  if (bounds === null || (step !== null && step !== 1)) return null;
  return typeof from === "number" && typeof to === "number" ? sizes.slice(from, to) : null;
}
