/**
 * Lengths that models compute with: `tf.reshape(x, [tf.shape(x)[0], 12])`. They are values of the graph like any other,
 * and beside that known here as sizes, which the shapes of other values can be made of.
 */
import type { Size, Sym, ValueId } from "../../../ops/types.ts";
import type { Arg, Context } from "../../define.ts";
import { isSym } from "../../common/args.ts";

/** By trace. */
const traces = new WeakMap<Context["op"], Map<ValueId, readonly Size[]>>();

/** Notes what a vector, or a number, of lengths holds. */
export function withSizes(cx: Context, x: Sym, sizes: readonly Size[] | null): Sym {
  if (sizes === null) return x;
  const known = traces.get(cx.op) ?? new Map<ValueId, readonly Size[]>();
  traces.set(cx.op, known.set(x.id, sizes));
  return x;
}

/** Plain numbers, values known as sizes, or lists of those; null for everything else. */
export function knownSizes(cx: Context, arg: Arg | undefined): readonly Size[] | null {
  if (typeof arg === "number") return [arg];
  if (isSym(arg)) return traces.get(cx.op)?.get(arg.id) ?? null;
  if (!Array.isArray(arg)) return null;
  const parts = (arg as readonly Arg[]).map((item) => knownSizes(cx, item));
  return parts.every((part) => part !== null) ? parts.flat() : null;
}

/** The shape of x as a vector of whole numbers. */
export function shapeOf(cx: Context, x: Sym): Sym {
  const { op } = cx;
  const sizes = x.shape.map((_, axis) => cx.size(x, axis));
  if (sizes.length === 0) return op.array([], [0], "int32");
  // A length that only a run knows is the sum of so many ones.
  const lengths = sizes.map((n) =>
    typeof n === "number" ? op.constant(n, "int32") : op.sum(op.full([n], 1, "int32")),
  );
  return withSizes(cx, op.stack(lengths, 0), sizes);
}

/** How many numbers and lengths go into a length. */
const termsOf = (size: Size): number =>
  typeof size === "object" && "fn" in size ? termsOf(size.a) + termsOf(size.b) : 1;
/** Beyond so many a length is not known: one that is doubled again and again has 2^n. */
const MOST_TERMS = 64;

/** Arithmetic on two lengths. */
export function combined(
  cx: Context,
  fn: "add" | "sub" | "mul",
  a: Arg | undefined,
  b: Arg | undefined,
): readonly Size[] | null {
  if (!isSym(a) && !isSym(b)) return null;
  const [p, q] = [knownSizes(cx, a), knownSizes(cx, b)];
  if (p?.length !== 1 || q?.length !== 1) return null;
  const [first, second] = [p[0]!, q[0]!];
  return termsOf(first) + termsOf(second) > MOST_TERMS ? null : [{ fn, a: first, b: second }];
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
  if (bounds === null || (step !== null && step !== 1)) return null;
  return sizes.slice(typeof start === "number" ? start : 0, typeof stop === "number" ? stop : undefined);
}
