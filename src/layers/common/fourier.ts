/**
 * Fourier transforms of real numbers, as products with matrices of cosines and sines.
 * Source: keras/src/backend/tensorflow/math.py.
 */
import type { JsonNode } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import { numberArray } from "./json-array.ts";
import { listOf } from "../../core/list.ts";
import { sizeFrom } from "../../ops/shapes.ts";
import type { Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";
import { bool, int, json, nullable } from "../fields.ts";

/** Longer ones would take matrices of more than 64 MB. */
const MOST = 4096;
/** The dtypes for which TensorFlow has the kernels. */
export const SINGLE = ["float32", "float64"] as const;

/** A real and an imaginary part of one shape. */
export type Complex = readonly [re: Sym, im: Sym];

/** cos and sin of 2π·j·k/n, j in `rows` rows, k in `columns` columns; zeros are zeros, where 2π/n is not exact. */
export function waves(cx: Context, n: number, rows: number, columns: number, like: Sym): Complex {
  const { op } = cx;
  if (n > MOST) fail("limit/size", { expected: `at most ${MOST} samples`, found: String(n) });
  const [j, k] = [op.expandDims(op.iota(rows, "int32"), [1]), op.iota(columns, "int32")];
  const place = op.mod(op.multiply(j, k), n);
  const angle = op.multiply(op.cast(place, like.dtype), (2 * Math.PI) / n);
  const isTurned = (parts: number): Sym => op.equal(op.mod(op.multiply(place, parts), n), 0);
  const [quarter, half] = [isTurned(4), isTurned(2)];
  const isNothing = op.logicalAnd(quarter, op.logicalNot(half));
  return [op.where(isNothing, 0, op.cos(angle)), op.where(half, 0, op.sin(angle))];
}

/** The first half of the transform of x[..., n], real numbers. */
export function realTransform(cx: Context, x: Sym, n: number): Complex {
  const [cos, sin] = waves(cx, n, n, Math.floor(n / 2) + 1, x);
  return [cx.op.matmul(x, cos), cx.op.negative(cx.op.matmul(x, sin))];
}

/** x[..., T] → [..., frames, length], those that are whole. */
export function framed(cx: Context, x: Sym, length: number, stride: number): Sym {
  const { op } = cx;
  const last = x.shape.length - 1;
  const places = sizeFrom("max", sizeFrom("sub", cx.size(x, last), length - 1), 0);
  const starts = op.slice(op.iota(places, "int32"), [{ axis: 0, start: 0, stop: null, step: stride }]);
  return op.gather(x, op.add(op.expandDims(starts, [1]), op.iota(length, "int32")), last);
}

/** How a signal is cut into frames, as `frameOptions` say. */
export interface Frames {
  readonly sequence_length: number;
  readonly sequence_stride: number;
  readonly fft_length: number;
  readonly window: JsonNode;
  readonly center: boolean;
}

/** Options of `STFT` and `ISTFT`. */
export const frameOptions = {
  sequence_length: int({ min: 1 }),
  sequence_stride: int({ min: 1 }),
  fft_length: int({ min: 1 }),
  window: nullable(json("hann")),
  center: bool(true),
};

function named(window: string, n: number): readonly number[] {
  const shares: Readonly<Record<string, number>> = { hann: 0.5, hamming: 0.54 };
  const a = shares[window];
  if (a === undefined) return fail("unsupported/argument", { path: "window", expected: "hann, hamming or none" });
  // TensorFlow makes it periodic where its length is even.
  const period = n + (n % 2 === 0 ? 1 : 0) - 1;
  return listOf(n, (i) => (n === 1 ? 1 : a - (1 - a) * Math.cos((2 * Math.PI * i) / period)));
}

/** The window over the samples of a frame, zeros around where the transform is longer; null where there is none. */
export function windowOf({
  sequence_length: n,
  fft_length: length,
  window,
}: Omit<Frames, "center">): readonly number[] | null {
  if (length < n) fail("mismatch/shape", { path: "fft_length", expected: `at least ${n}`, found: String(length) });
  if (window === null) return null;
  const line = typeof window === "string" ? named(window, n) : (numberArray(window, "window")?.values ?? []);
  if (line.length !== n)
    fail("mismatch/shape", { path: "window", expected: `${n} numbers`, found: String(line.length) });
  const before = Math.floor((length - n) / 2);
  return [...listOf(before, () => 0), ...line, ...listOf(length - n - before, () => 0)];
}

/** x[..., T] of float32 or float64 → two of [..., frames, fft_length / 2 + 1]. */
export function shortTime(cx: Context, x: Sym, c: Frames): Complex {
  const { op } = cx;
  const window = windowOf(c);
  const frames = framed(cx, x, c.fft_length, c.sequence_stride);
  const shaped = window === null ? frames : op.multiply(frames, op.array(window, [c.fft_length], x.dtype));
  return realTransform(cx, shaped, c.fft_length);
}
