/**
 * Fourier transforms of real numbers, and of frames of a signal.
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
import { type Complex, fourier } from "./discrete-fourier.ts";

/** The dtypes for which TensorFlow has the kernels. */
export const SINGLE = ["float32", "float64"] as const;

/** The first half of the transform of x[..., n], real numbers. */
export function realTransform(cx: Context, x: Sym, n: number): Complex {
  const half = (y: Sym): Sym => cx.op.slice(y, [{ axis: y.shape.length - 1, start: 0, stop: Math.floor(n / 2) + 1, step: 1 }]); // prettier-ignore
  const [re, im] = fourier(cx, [x, null], n);
  return [half(re), half(im)];
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
