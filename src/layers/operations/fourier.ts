/** Fourier transforms, as products with matrices of cosines and sines. Source: keras/src/backend/tensorflow/math.py. */
import { listOf } from "../../core/list.ts";
import { fail } from "../../core/error.ts";
import type { Size, Sym } from "../../ops/types.ts";
import type { AnyDef, Arg, Context } from "../define.ts";
import { bool, int, json, optional, required } from "../fields.ts";
import { mirrored } from "./shared/mirrored.ts";
import { inModule, lengthThere, needOneOf, sizesOf, tensor } from "./shared/operation.ts";
import { minus, most, plus, times } from "./shared/sizes.ts";

const math = inModule("math");
/** Longer ones would take matrices of more than 64 MB. */
const MOST = 4096;
const SINGLE = ["float32", "float64"] as const;

type Complex = readonly [re: Sym, im: Sym];

function complex(cx: Context, arg: Arg | undefined): Complex {
  const parts = Array.isArray(arg) ? (arg as readonly Arg[]) : [];
  if (parts.length !== 2) fail("unsupported/argument", { expected: "a real and an imaginary part" });
  return [needOneOf(tensor(cx, parts[0]), SINGLE), needOneOf(tensor(cx, parts[1]), SINGLE)];
}

/** cos and sin of 2π·j·k/n, j in `rows` rows, k in `columns` columns. */
function waves(cx: Context, n: number, rows: number, columns: number, like: Sym): Complex {
  const { op } = cx;
  if (n > MOST) fail("limit/size", { expected: `at most ${MOST} samples`, found: String(n) });
  const [j, k] = [op.expandDims(op.iota(rows, "int32"), [1]), op.iota(columns, "int32")];
  const angle = op.multiply(op.cast(op.mod(op.multiply(j, k), n), like.dtype), (2 * Math.PI) / n);
  return [op.cos(angle), op.sin(angle)];
}

/** Σ x·exp(-2πi·jk/n) along the last axis. */
function transformed(cx: Context, [re, im]: Complex): Complex {
  const { op } = cx;
  const n = lengthThere(re, re.shape.length - 1);
  const [cos, sin] = waves(cx, n, n, n, re);
  return [op.add(op.matmul(re, cos), op.matmul(im, sin)), op.subtract(op.matmul(im, cos), op.matmul(re, sin))];
}

function transformed2(cx: Context, x: Complex): Complex {
  const swap = x[0].shape.map((_, i, all) => (i === all.length - 1 ? i - 1 : i === all.length - 2 ? i + 1 : i));
  const turned = (y: Complex): Complex => [cx.op.transpose(y[0], swap), cx.op.transpose(y[1], swap)];
  return turned(transformed(cx, turned(transformed(cx, x))));
}

/** x cut or filled with zeros to `n` along the last axis. */
function fitted(cx: Context, x: Sym, n: number): Sym {
  const last = x.shape.length - 1;
  const length = lengthThere(x, last);
  if (length > n) return cx.op.slice(x, [{ axis: last, start: 0, stop: n, step: 1 }]);
  return length === n ? x : cx.op.pad(x, x.shape.map((_, axis) => [0, axis === last ? n - length : 0])); // prettier-ignore
}

/** The first half of the transform of real numbers. */
function real(cx: Context, given: Sym, length: number | null): Complex {
  const { op } = cx;
  const n = length ?? lengthThere(given, given.shape.length - 1);
  const x = fitted(cx, given, n);
  const [cos, sin] = waves(cx, n, n, Math.floor(n / 2) + 1, x);
  return [op.matmul(x, cos), op.negative(op.matmul(x, sin))];
}

/** The real numbers whose transform has this first half. */
function realInverse(cx: Context, [re, im]: Complex, length: number | null): Sym {
  const { op } = cx;
  const n = length ?? 2 * (lengthThere(re, re.shape.length - 1) - 1);
  const half = Math.floor(n / 2) + 1;
  const share = listOf(half, (k) => (k === 0 || 2 * k === n ? 1 : 2) / n);
  const part = (x: Sym): Sym => op.multiply(fitted(cx, x, half), op.array(share, [half], x.dtype));
  const [cos, sin] = waves(cx, n, half, n, re);
  return op.subtract(op.matmul(part(re), cos), op.matmul(part(im), sin));
}

/** x[..., T] → [..., frames, length], those that are whole. */
function framed(cx: Context, x: Sym, length: number, stride: number): Sym {
  const { op } = cx;
  const last = x.shape.length - 1;
  const rest = minus(cx.size(x, last), length);
  const whole: Size = typeof rest === "number" ? Math.floor(rest / stride) : { fn: "div", a: rest, b: stride };
  const count = most(plus(whole, 1), 0);
  const starts = op.multiply(op.iota(count, "int32"), stride);
  return op.gather(x, op.add(op.expandDims(starts, [1]), op.iota(length, "int32")), last);
}

interface Frames {
  readonly sequence_length: number;
  readonly sequence_stride: number;
  readonly fft_length: number;
  readonly window: unknown;
  readonly center: boolean;
}

const frameOptions = {
  sequence_length: int({ min: 1 }),
  sequence_stride: int({ min: 1 }),
  fft_length: int({ min: 1 }),
  window: json("hann"),
  center: bool(true),
};

/** The window over the samples of a frame, zeros around where the transform is longer; null where there is none. */
function windowOf({ sequence_length: n, fft_length: length, window }: Frames): readonly number[] | null {
  if (length < n) fail("mismatch/shape", { path: "fft_length", expected: `at least ${n}`, found: String(length) });
  if (window === null) return null;
  const shares: Readonly<Record<string, number>> = { hann: 0.5, hamming: 0.54 };
  const a = typeof window === "string" ? shares[window] : undefined;
  if (a === undefined) return fail("unsupported/argument", { path: "window", expected: "hann, hamming or none" });
  // TensorFlow makes it periodic where its length is even.
  const period = n + (n % 2 === 0 ? 1 : 0) - 1;
  const line = listOf(n, (i) => (n === 1 ? 1 : a - (1 - a) * Math.cos((2 * Math.PI * i) / period)));
  const before = Math.floor((length - n) / 2);
  return [...listOf(before, () => 0), ...line, ...listOf(length - n - before, () => 0)];
}

function shortTime(cx: Context, given: Sym, c: Frames): Complex {
  const { op } = cx;
  needOneOf(given, SINGLE);
  const window = windowOf(c);
  const half = Math.floor(c.fft_length / 2);
  const around = given.shape.map((_, axis, all): readonly [number, number] => (axis === all.length - 1 ? [half, half] : [0, 0])); // prettier-ignore
  const x = c.center ? mirrored(cx, given, around, "reflect") : given;
  const frames = framed(cx, x, c.fft_length, c.sequence_stride);
  const shaped = window === null ? frames : op.multiply(frames, op.array(window, [c.fft_length], x.dtype));
  return real(cx, shaped, c.fft_length);
}

/** Frames added where they lie over one another, each by a window that makes their sum what it was. */
function shortTimeInverse(cx: Context, x: Complex, c: Frames & { readonly length: number | null }): Sym {
  const { op } = cx;
  const [n, stride] = [c.fft_length, c.sequence_stride];
  const forward = windowOf(c);
  const frames = realInverse(cx, x, n);
  const sums = listOf(stride, () => 0);
  forward?.forEach((v, i) => (sums[i % stride]! += v * v));
  const window = forward?.map((v, i) => v / sums[i % stride]!);
  const shaped = window === undefined ? frames : op.multiply(frames, op.array(window, [n], frames.dtype));
  const last = frames.shape.length - 2;
  const count = cx.size(frames, last);
  const total = plus(n, times(stride, minus(count, 1)));
  const places = op.add(op.expandDims(op.multiply(op.iota(count, "int32"), stride), [1]), op.iota(n, "int32"));
  const lines = op.reshape(shaped, [...sizesOf(cx, frames).slice(0, last), times(count, n)]);
  const whole = op.scatterAdd(op.reshape(places, [-1]), lines, last, total);
  const start = c.center ? Math.floor(n / 2) : 0;
  const stop = c.length !== null ? start + c.length : c.center ? minus(total, start) : total;
  return op.slice(whole, [{ axis: last, start, stop, step: 1 }]);
}

export const fourierOperations: readonly AnyDef[] = [
  math("FFT", ["x"], {}, (cx, _c, [x]) => transformed(cx, complex(cx, x))),
  math("FFT2", ["x"], {}, (cx, _c, [x]) => transformed2(cx, complex(cx, x))),
  math("IFFT2", ["x"], {}, (cx, _c, [given]) => {
    const [re, im] = complex(cx, given);
    const n = lengthThere(re, re.shape.length - 1) * lengthThere(re, re.shape.length - 2);
    const [p, q] = transformed2(cx, [re, cx.op.negative(im)]);
    return [cx.op.divide(p, n), cx.op.divide(q, -n)];
  }),
  math("RFFT", ["x"], { fft_length: optional(int({ min: 1 })) }, (cx, c, [x]) =>
    real(cx, needOneOf(tensor(cx, x), SINGLE), c.fft_length),
  ),
  math("IRFFT", ["x"], { fft_length: optional(int({ min: 1 })) }, (cx, c, [x]) =>
    realInverse(cx, complex(cx, x), c.fft_length),
  ),
  math("ExtractSequences", ["x"], { sequence_length: required(int({ min: 1 })), sequence_stride: required(int({ min: 1 })) }, (cx, c, [x]) => framed(cx, tensor(cx, x), c.sequence_length, c.sequence_stride)), // prettier-ignore
  math("STFT", ["x"], frameOptions, (cx, c, [x]) => shortTime(cx, tensor(cx, x), c)),
  math("ISTFT", ["x"], { ...frameOptions, length: optional(int({ min: 1 })) }, (cx, c, [x]) =>
    shortTimeInverse(cx, complex(cx, x), c),
  ),
];
