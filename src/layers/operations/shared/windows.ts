/** Windows over axes as values: one slice for each tap along an axis, never one for each of all their pairs. */
import { atMost, fail } from "../../../core/error.ts";
import { listOf } from "../../../core/list.ts";
import { showShape } from "../../../core/tensor.ts";
import { sizeFrom } from "../../../ops/shapes.ts";
import { extent } from "../../../ops/window.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { needRank } from "../../common/checks.ts";
import { lengthThere } from "./operation.ts";
import { minus, plus, times } from "./sizes.ts";

/** So many slices, one for each tap, are made at most. */
export const MOST_TAPS = 4096;

/** Windows over axes from `first` on, as many as there are sizes; `rates`: how far their taps are apart. */
export interface AxisWindows {
  readonly first: number;
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly rates: readonly number[];
  readonly isSame: boolean;
  /** How many windows fit at least, default 1: TensorFlow lets all but the largest of windows have one element too many. */
  readonly least?: 0;
}

type Borders = readonly (readonly [before: number, behind: number])[];

/** The borders of windows that keep the size. Throws `mismatch/shape` where none fits, and `limit/size`. */
export function bordersOf(x: Sym, w: AxisWindows): Borders {
  needRank(x, w.sizes.length + 2);
  if ([w.sizes, w.strides, w.rates].some((list) => list.some((n) => !Number.isInteger(n) || n < 1)))
    fail("malformed/config", { expected: "sizes, strides and rates from 1" });
  const reach = w.sizes.map((n, i) => extent(n, w.rates[i]!));
  const borders = w.sizes.map((_, i): readonly [number, number] => {
    if (!w.isSame) return [0, 0];
    const step = w.strides[i]!;
    const n = step === 1 ? 1 : lengthThere(x, i + w.first);
    const all = Math.max((Math.ceil(n / step) - 1) * step + reach[i]! - n, 0);
    return [Math.floor(all / 2), Math.ceil(all / 2)];
  });
  const isShort = (n: number, i: number): boolean =>
    n + borders[i]![0] + borders[i]![1] < reach[i]! - 1 + (w.least ?? 1);
  if (w.sizes.some((_, i) => isShort(x.shape[i + w.first] ?? Infinity, i)))
    fail("mismatch/shape", { expected: `room for windows of ${w.sizes.join(" x ")}`, found: showShape(x.shape) });
  return borders;
}

/** x with them. */
export function bordered(cx: Context, x: Sym, w: AxisWindows, padding: number): Sym {
  const borders = bordersOf(x, w);
  const all = x.shape.map((_, axis) => borders[axis - w.first] ?? ([0, 0] as const));
  return borders.some(([p, q]) => p + q > 0) ? cx.op.pad(x, all, padding) : x;
}

/** x[…, length, …] at each tap of the windows along the axis `i` of theirs, which now counts windows. */
export function tapsAlong(cx: Context, x: Sym, w: AxisWindows, i: number, axis = i + w.first): readonly Sym[] {
  const [step, rate] = [w.strides[i]!, w.rates[i]!];
  atMost("limit/size", w.sizes[i]!, MOST_TAPS, "elements along an axis of a window");
  const rest = extent(w.sizes[i]!, rate) - 1;
  const length = sizeFrom("need", cx.size(x, axis), rest + (w.least ?? 1));
  return listOf(w.sizes[i]!, (tap) => {
    const start = tap * rate;
    return cx.op.slice(x, [{ axis, start, stop: minus(plus(length, start), rest), step }]);
  });
}

const sizesIn = (cx: Context, x: Sym): Size[] => listOf(x.shape.length, (axis) => cx.size(x, axis));

/** The same as one, the taps along a new axis `at`. */
export function cutAlong(cx: Context, x: Sym, w: AxisWindows, i: number, at: number, axis = i + w.first): Sym {
  const { op } = cx;
  const length = x.shape[axis]!;
  const size = w.sizes[i]!;
  if (length === null || size !== w.strides[i] || w.rates[i] !== 1) return op.stack(tapsAlong(cx, x, w, i, axis), at);
  // Windows side by side.
  const count = Math.floor(length / size);
  const whole = op.slice(x, [{ axis, start: 0, stop: count * size, step: 1 }]);
  const sizes = sizesIn(cx, x);
  const cut = op.reshape(whole, [...sizes.slice(0, axis), count, size, ...sizes.slice(axis + 1)]);
  const others = listOf(cut.shape.length, (k) => k).filter((k) => k !== axis + 1);
  return op.transpose(cut, [...others.slice(0, at), axis + 1, ...others.slice(at)]);
}

/** x with its windows' taps and the axis `at`, behind those that count windows or before them, as one. */
export function windowed(cx: Context, x: Sym, w: AxisWindows, at: number): Sym {
  const rank = w.sizes.length;
  const all = w.sizes.reduceRight(
    (y, _, i) => cutAlong(cx, y, w, i, at, i + w.first + (at < w.first ? rank - 1 - i : 0)),
    x,
  );
  const taps = w.sizes.reduce((p, q) => p * q, 1);
  const sizes = sizesIn(cx, all);
  return cx.op.reshape(all, [...sizes.slice(0, at), times(cx.size(x, at), taps), ...sizes.slice(at + 1 + rank)]);
}
