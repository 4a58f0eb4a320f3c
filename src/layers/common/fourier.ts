/**
 * Fourier transforms, as products with small matrices of cosines and sines, and frames of a signal.
 * Source: keras/src/backend/tensorflow/math.py.
 */
import type { JsonNode } from "../../codecs/json.ts";
import type { DType } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { numberArray } from "./json-array.ts";
import { listOf } from "../../core/list.ts";
import { sizeFrom } from "../../ops/shapes.ts";
import type { Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";
import { bool, int, json, nullable } from "../fields.ts";

/** The dtypes for which TensorFlow has the kernels. */
export const SINGLE = ["float32", "float64"] as const;

/** A real and an imaginary part of one shape. */
export type Complex = readonly [re: Sym, im: Sym];
/** As `Complex`, or real numbers alone. */
type Given = readonly [re: Sym, im: Sym | null];

const both = ([re, im]: Complex, f: (y: Sym) => Sym): Complex => [f(re), f(im)];

/** Waves that are there already. */
type Known = Map<string, Complex>;

/** The longest transform. */
const MOST = 2 ** 18;
/** The largest factor that cannot be cut; their squares are whole numbers. */
const MOST_PRIME = 2 ** 15;
/** The largest of those whose matrix is taken as it is. */
const MOST_WHOLE = 64;
/** Lengths that are not cut: what is saved is lost again by turning the axes. */
const FEW = 32;
/** Numbers that a graph holds; larger matrices are gathered from one turn, which each run computes. */
const MOST_HELD = 2 ** 11;

/** cos 2πp/n (`late` 0) or -sin 2πp/n (1), from an angle of at most π/4: zeros and ones are exact. */
function wave(p: number, n: number, late: 0 | 1): number {
  const quarters = Math.round((4 * p) / n);
  const angle = (Math.PI / 2) * ((4 * p - quarters * n) / n);
  const turn = (quarters + late) % 4;
  const size = turn % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
  return turn === 1 || turn === 2 ? 0 - size : size;
}

/** Both of `wave`, of `places` of a turn. */
function wavesAt({ op }: Context, places: Sym, n: number, dtype: DType): Complex {
  const quarters = op.floorDivide(op.add(op.multiply(places, 8), n), 2 * n);
  const beyond = op.subtract(op.multiply(places, 4), op.multiply(quarters, n));
  const angle = op.multiply(op.cast(beyond, dtype), Math.PI / (2 * n));
  const [cos, sin] = [op.cos(angle), op.sin(angle)];
  const part = (late: 0 | 1): Sym => {
    const turn = op.mod(op.add(quarters, late), 4);
    const size = op.where(op.equal(op.mod(turn, 2), 0), cos, sin);
    return op.where(op.logicalOr(op.equal(turn, 1), op.equal(turn, 2)), op.subtract(0, size), size);
  };
  return [part(0), part(1)];
}

/** The real and the imaginary part of exp(-2πi·jk/n), j in `rows` rows, k in `columns` columns. */
function wavesOf(cx: Context, n: number, rows: number, columns: number, dtype: DType): Complex {
  const { op } = cx;
  if (rows * columns <= MOST_HELD) {
    const place = (i: number): number => (Math.floor(i / columns) * (i % columns)) % n;
    const part = (late: 0 | 1): Sym => op.array(listOf(rows * columns, (i) => wave(place(i), n, late)), [rows, columns], dtype); // prettier-ignore
    return [part(0), part(1)];
  }
  const places = op.mod(op.multiply(op.expandDims(op.iota(rows, "int32"), [1]), op.iota(columns, "int32")), n);
  return both(wavesAt(cx, op.iota(n, "int32"), n, dtype), (line) => op.gather(line, places, 0));
}

/** The largest divisor up to the square root. */
function divisor(n: number): number {
  let d = Math.floor(Math.sqrt(n));
  while (n % d !== 0) d--;
  return d;
}

/** x·w, by what `product` says, of complex numbers. */
export function complexProduct(
  cx: Context,
  [re, im]: Given,
  [cos, sin]: Complex,
  product: (x: Sym, w: Sym) => Sym,
): Complex {
  const [a, b] = [product(re, cos), product(re, sin)];
  if (im === null) return [a, b];
  return [cx.op.subtract(a, product(im, sin)), cx.op.add(b, product(im, cos))];
}

/**
 * The same where n cannot be cut: as jk = (j² + k² - (k - j)²) / 2, a convolution with exp(πi·j²/n), by transforms of a length
 * that can be. Bluestein, A linear filtering approach to the computation of discrete Fourier transform, 1970.
 */
function chirped(cx: Context, x: Given, n: number, known: Known): Complex {
  const { op } = cx;
  if (n > MOST_PRIME)
    fail("limit/size", { expected: `no prime factor above ${MOST_PRIME} in the samples`, found: String(n) });
  const m = 2 ** Math.ceil(Math.log2(2 * n - 1));
  const last = x[0].shape.length - 1;
  const { dtype } = x[0];
  const turn = ([re, im]: Complex): Complex => [re, op.negative(im)];
  const place = op.iota(n, "int32");
  const own = wavesAt(cx, op.mod(op.multiply(place, place), 2 * n), 2 * n, dtype);
  const line = op.iota(m, "int32");
  const apart = op.minimum(line, op.subtract(m, line));
  const isNear = op.less(apart, n);
  const around = both(turn(own), (y) => op.where(isNear, op.gather(y, op.where(isNear, apart, 0), 0), op.constant(0, dtype))); // prettier-ignore
  const padded = (y: Sym): Sym => op.pad(y, y.shape.map((_, axis) => [0, axis === last ? m - n : 0])); // prettier-ignore
  const shifted = both(complexProduct(cx, x, own, op.multiply), padded);
  const product = complexProduct(cx, fourier(cx, shifted, m, known), fourier(cx, around, m, known), op.multiply);
  const back = both(turn(fourier(cx, turn(product), m, known)), (y) =>
    op.multiply(op.slice(y, [{ axis: last, start: 0, stop: n, step: 1 }]), 1 / m),
  );
  return complexProduct(cx, back, own, op.multiply);
}

/** Σ x·exp(-2πi·jk/n) along the last axis, of n elements. Cooley and Tukey's: j = q·j1 + j2, k = k1 + p·k2, n = p·q. */
export function fourier(cx: Context, x: Given, n: number, known: Known = new Map()): Complex {
  const { op } = cx;
  const { dtype } = x[0];
  if (n > MOST) fail("limit/size", { expected: `at most ${MOST} samples`, found: String(n) });
  const waves = (turn: number, rows: number, columns: number): Complex => {
    const name = `${turn} ${rows} ${columns}`;
    known.set(name, known.get(name) ?? wavesOf(cx, turn, rows, columns, dtype));
    return known.get(name)!;
  };
  const p = n > FEW ? divisor(n) : 1;
  const product = (y: Sym, w: Sym): Sym =>
    y.shape.length > 1 ? op.matmul(y, w) : op.squeeze(op.matmul(op.expandDims(y, [0]), w), [0]);
  if (p === 1) return n > MOST_WHOLE ? chirped(cx, x, n, known) : complexProduct(cx, x, waves(n, n, n), product);
  const q = n / p;
  const rank = x[0].shape.length;
  const lead = listOf(rank - 1, (axis) => cx.size(x[0], axis));
  const swapped = listOf(rank + 1, (axis) => (axis < rank - 1 ? axis : 2 * rank - 1 - axis));
  const turned = (y: Sym): Sym => op.transpose(y, swapped);
  const cut = (y: Sym): Sym => turned(op.reshape(y, [...lead, p, q])); // [..., j2, j1]
  const inner = fourier(cx, [cut(x[0]), x[1] && cut(x[1])], p, known); // [..., j2, k1]
  const shifted = complexProduct(cx, inner, waves(n, q, p), op.multiply);
  const outer = fourier(cx, both(shifted, turned), q, known); // [..., k1, k2]
  return both(outer, (y) => op.reshape(turned(y), [...lead, n]));
}

/** The first half of the transform of x[..., n], real numbers. */
export function realTransform(cx: Context, x: Sym, n: number): Complex {
  const half = (y: Sym): Sym => cx.op.slice(y, [{ axis: y.shape.length - 1, start: 0, stop: Math.floor(n / 2) + 1, step: 1 }]); // prettier-ignore
  const [re, im] = fourier(cx, [x, null], n);
  return [half(re), half(im)];
}

/** The length of an axis, by default the last, which must be known. */
const lengthAt = (x: Sym, axis = x.shape.length - 1): number =>
  x.shape[axis] ?? fail("unsupported/free-length", { message: `the length of axis ${axis} must be known` });

/** Along the last axis. */
export function transformed(cx: Context, x: Complex): Complex {
  return fourier(cx, x, lengthAt(x[0]));
}

/** Along the last two. */
export function transformed2(cx: Context, x: Complex): Complex {
  const swap = x[0].shape.map((_, i, all) => (i === all.length - 1 ? i - 1 : i === all.length - 2 ? i + 1 : i));
  const turned = (y: Complex): Complex => both(y, (part) => cx.op.transpose(part, swap));
  return turned(transformed(cx, turned(transformed(cx, x))));
}

/** A transform along the last `axes` turned round: the conjugate of that of the conjugate, over as many as there are. */
export function inverted(cx: Context, [re, im]: Complex, axes: 1 | 2): Complex {
  const last = re.shape.length - 1;
  const n = axes === 1 ? lengthAt(re, last) : lengthAt(re, last) * lengthAt(re, last - 1);
  const [p, q] = (axes === 1 ? transformed : transformed2)(cx, [re, cx.op.negative(im)]);
  return [cx.op.divide(p, n), cx.op.divide(q, -n)];
}

/** x cut or filled with zeros to `n` along the last axis. */
export function fitted(cx: Context, x: Sym, n: number): Sym {
  const last = x.shape.length - 1;
  const length = lengthAt(x);
  if (length > n) return cx.op.slice(x, [{ axis: last, start: 0, stop: n, step: 1 }]);
  return length === n ? x : cx.op.pad(x, x.shape.map((_, axis) => [0, axis === last ? n - length : 0])); // prettier-ignore
}

/** The real numbers whose transform has this first half. */
export function realInverse(cx: Context, [re, im]: Complex, length: number | null): Sym {
  const { op } = cx;
  const n = length ?? 2 * (lengthAt(re) - 1);
  const half = Math.floor(n / 2) + 1;
  const axis = re.shape.length - 1;
  // The other half is this one's mirror: both add to the real part what this one adds twice. At its ends the imaginary part counts nothing.
  const part = (x: Sym, ends: number): Sym => {
    const share = listOf(half, (k) => (k === 0 || 2 * k === n ? ends : 2) / n);
    const shared = op.multiply(fitted(cx, x, half), op.array(share, [half], x.dtype));
    return op.pad(shared, x.shape.map((_, i) => [0, i === axis ? n - half : 0])); // prettier-ignore
  };
  return fourier(cx, [part(re, 1), op.negative(part(im, 0))], n)[0];
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
