/**
 * Functions of TensorFlow on complex numbers, which tf-keras passes between them: a real and an imaginary part. What makes
 * them of real numbers, and what takes them; other functions and layers refuse them. Source: tensorflow/python/ops/signal/{spectral_ops,window_ops}.py.
 */
import type { DType } from "../../../core/dtype.ts";
import { fail } from "../../../core/error.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Arg, Context, KwArgs } from "../../define.ts";
import { isSym, mapSyms, symsOf } from "../../common/args.ts";
import { type Complex, complexProduct, fitted, inverted, realInverse, realTransform, SINGLE, transformed, transformed2, windowOf } from "../../common/fourier.ts"; // prettier-ignore
import { lengthThere, needOneOf, sizesOf } from "./operation.ts";
import { framesOf, overlapped } from "./tensorflow-signals.ts";
import { TfArgs, type TfFunction, type TfRun, TfTable } from "./tensorflow-call.ts";

const table = new TfTable();

/** The dtypes of complex numbers, and of their parts. */
const COMPLEX: ReadonlyMap<Arg, DType> = new Map([
  ["complex64", "float32"],
  ["complex128", "float64"],
]);

const zeros = (cx: Context, x: Sym): Sym => cx.op.full(sizesOf(cx, x), 0, x.dtype);
/** Of what is read: complex numbers alone. */
const partsOf = (cx: Context, a: TfArgs, name: string): Complex => {
  const arg = a.arg(name);
  const parts = isSym(arg) ? cx.partsOf(arg) : undefined;
  return parts ?? fail("unsupported/dtype", { path: name, expected: "complex numbers" });
};
const takes = (names: string, args: string, run: (cx: Context, x: Complex, a: TfArgs) => Sym | Complex): void =>
  table.both(names, args, (cx, a) => {
    const y = run(cx, partsOf(cx, a, args.split(",")[0]!), a);
    return isSym(y) ? y : cx.complex(y);
  });

/** √(re² + im²), of numbers whose squares are none too; infinite beside NaN too. */
function length({ op }: Context, [re, im]: Complex): Sym {
  const [p, q] = [op.abs(re), op.abs(im)];
  const isFar = op.logicalOr(op.isInf(p), op.isInf(q));
  const most = op.maximum(p, q);
  const share = op.divide(op.minimum(p, q), op.where(op.equal(most, 0), 1, most));
  return op.where(isFar, Infinity, op.multiply(most, op.sqrt(op.add(op.square(share), 1))));
}

takes("abs math.abs", "x", length);
takes("math.real compat.v1.real", "input", (_, [re]) => re);
takes("math.imag compat.v1.imag", "input", (_, [, im]) => im);
takes("math.angle compat.v1.angle", "input", ({ op }, [re, im]) => op.atan2(im, re));
takes("math.conj compat.v1.conj", "x", ({ op }, [re, im]) => [re, op.negative(im)]);
const product = (cx: Context, x: Complex, y: Complex): Complex => complexProduct(cx, x, y, cx.op.multiply);
takes("square math.square", "x", (cx, x) => product(cx, x, x));
takes("multiply math.multiply", "x, y", (cx, x, a) => product(cx, x, partsOf(cx, a, "y")));
takes("signal.fft compat.v1.fft compat.v1.spectral.fft", "input", transformed);
takes("signal.fft2d compat.v1.fft2d compat.v1.spectral.fft2d", "input", transformed2);
takes("signal.ifft compat.v1.ifft compat.v1.spectral.ifft", "input", (cx, x) => inverted(cx, x, 1));
takes("signal.ifft2d compat.v1.ifft2d compat.v1.spectral.ifft2d", "input", (cx, x) => inverted(cx, x, 2));

/** TensorFlow's `hann_window`, or none; functions have no form in a file. */
function windowed(cx: Context, a: TfArgs, frames: Sym): Sym {
  const isNone = a.isNull("window_fn");
  if (a.text("window_fn") !== "hann_window")
    fail("unsupported/argument", { path: "window_fn", expected: "the default, or none" });
  const n = lengthThere(frames, frames.shape.length - 1);
  const window = windowOf({ sequence_length: n, sequence_stride: 1, fft_length: n, window: isNone ? null : "hann" });
  return window === null ? frames : cx.op.multiply(frames, cx.op.array(window, [n], frames.dtype));
}
/** The next power of two, where none is given. */
const samples = (a: TfArgs): number => a.number("fft_length") ?? 2 ** Math.ceil(Math.log2(a.number("frame_length")!));

const STFT = 'signals, frame_length, frame_step, fft_length=null, window_fn="hann_window", pad_end=false';
table.both("signal.stft", STFT, (cx, a) => {
  const x = needOneOf(a.tensor("signals"), SINGLE);
  const [n, step, filler] = [a.number("frame_length")!, a.number("frame_step")!, a.flag("pad_end") ? 0 : null];
  const frames = windowed(cx, a, framesOf(cx, x, -1, n, step, filler));
  const long = samples(a);
  return cx.complex(realTransform(cx, fitted(cx, frames, long), long));
});
table.both(
  "signal.inverse_stft",
  'stfts, frame_length, frame_step, fft_length=null, window_fn="hann_window"',
  (cx, a) => {
    const frames = fitted(cx, realInverse(cx, partsOf(cx, a, "stfts"), samples(a)), a.number("frame_length")!);
    return overlapped(cx, windowed(cx, a, frames), a.number("frame_step")!);
  },
);
table.both("dtypes.complex complex", "real, imag", (cx, a) => {
  const [re, im] = [needOneOf(a.tensor("real"), SINGLE), needOneOf(a.tensor("imag"), SINGLE)];
  const like = (x: Sym, y: Sym): Sym =>
    x.shape.length === y.shape.length && x.shape.every((n, i) => n !== null && n === y.shape[i])
      ? x
      : cx.op.add(x, zeros(cx, y));
  return cx.complex([like(re, im), like(im, re)]);
});

/** Real numbers are their real parts. */
takes("cast dtypes.cast", "x, dtype", (cx, [re, im], a) => {
  const dtype = a.text("dtype");
  const wide = COMPLEX.get(dtype);
  return wide === undefined ? cx.op.cast(re, a.dtype("dtype", re.dtype)) : [cx.op.cast(re, wide), cx.op.cast(im, wide)];
});

/** Real numbers as complex ones, where that is what is asked for. */
export function asComplex(cx: Context, x: Sym, dtype: Arg): Sym | null {
  const parts = COMPLEX.get(dtype);
  if (parts === undefined) return null;
  const re = cx.op.cast(x, parts);
  return cx.complex([re, zeros(cx, re)]);
}

/** What does to each part alone what it does to real numbers. */
const PARTWISE: ReadonlySet<string> = new Set(
  "identity stop_gradient reshape expand_dims squeeze compat.v1.squeeze __operators__.getitem transpose compat.v1.transpose tile reverse stack concat signal.fftshift signal.ifftshift math.negative math.reduce_sum math.reduce_mean add math.add __operators__.add math.subtract".split(" "),
); // prettier-ignore

/** Calls a function on complex numbers. Refuses what does not know them: `unsupported/dtype`. */
export function callComplex(
  cx: Context,
  name: string,
  known: TfFunction,
  args: readonly Arg[],
  kw: KwArgs,
): Sym | readonly Sym[] {
  const call = (
    { parameters, run }: { parameters: TfFunction["parameters"]; run: TfRun },
    part: 0 | 1 | null,
  ): Sym | readonly Sym[] => {
    const of = (arg: Arg): Arg => (part === null ? arg : mapSyms(arg, (s) => cx.partsOf(s)?.[part] ?? s));
    const given = Object.fromEntries(Object.entries(kw).map(([key, arg]) => [key, arg === undefined ? arg : of(arg)]));
    const a = new TfArgs(cx, `tf.${name}`, parameters, args.map(of), given);
    const y = run(cx, a);
    a.done();
    return y;
  };
  const own = table.get(name);
  if (own !== undefined) return call(own, null);
  const { name: _name, $args: _args, ...named } = kw;
  const given = [...args, ...Object.values(named)];
  // Numbers would be added to both parts.
  const operands = /add|subtract/.test(name) ? given : [];
  const isAll = given.flatMap(symsOf).every((s) => cx.partsOf(s) !== undefined) && operands.every((arg) => isSym(arg));
  if (!PARTWISE.has(name) || !isAll || kw["conjugate"] === true)
    return fail("unsupported/dtype", { source: `tf.${name}`, expected: "real numbers", found: "complex numbers" });
  const [re, im] = [call(known, 0), call(known, 1)];
  if (!isSym(re) || !isSym(im)) return fail("unsupported/dtype", { source: `tf.${name}`, found: "complex numbers" });
  return cx.complex([re, im]);
}

/** Functions of TensorFlow that make or take complex numbers, by name. */
export const TENSORFLOW_COMPLEX = table;
