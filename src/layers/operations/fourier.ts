/** Fourier transforms. Source: keras/src/backend/tensorflow/math.py. */
import type { JsonNode } from "../../codecs/json.ts";
import { listOf } from "../../core/list.ts";
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import type { AnyDef, Arg, Context } from "../define.ts";
import { int, json, optional, required } from "../fields.ts";
import {
  type Complex,
  fitted,
  framed,
  frameOptions,
  type Frames,
  inverted,
  realInverse,
  realTransform,
  SINGLE,
  shortTime,
  transformed,
  transformed2,
  windowOf,
} from "../common/fourier.ts";
import { mirroredEnds } from "../common/mirrored.ts";
import { inModule, lengthThere, needOneOf, sizesOf, tensor } from "./shared/operation.ts";
import { minus, plus, times } from "./shared/sizes.ts";

const math = inModule("math");

function complex(cx: Context, arg: Arg | undefined): Complex {
  const parts = Array.isArray(arg) ? (arg as readonly Arg[]) : [];
  if (parts.length !== 2) fail("unsupported/argument", { expected: "a real and an imaginary part" });
  return [needOneOf(tensor(cx, parts[0]), SINGLE), needOneOf(tensor(cx, parts[1]), SINGLE)];
}

/** The first half of the transform of real numbers. */
function real(cx: Context, x: Sym, length: number | null): Complex {
  const n = length ?? lengthThere(x, x.shape.length - 1);
  return realTransform(cx, fitted(cx, x, n), n);
}

/** Frames added where they lie over one another, each by a window that makes their sum what it was. */
function shortTimeInverse(
  cx: Context,
  x: Complex,
  c: Omit<Frames, "center"> & { readonly length: number | null; readonly center: JsonNode },
): Sym {
  const { op } = cx;
  const [n, stride] = [c.fft_length, c.sequence_stride];
  const forward = windowOf(c);
  const frames = realInverse(cx, x, n);
  const sums = listOf(stride, () => 0);
  forward?.forEach((v, i) => (sums[i % stride]! += v * v));
  const window = forward?.map((v, i) => (v === 0 ? 0 : v / sums[i % stride]!));
  const shaped = window === undefined ? frames : op.multiply(frames, op.array(window, [n], frames.dtype));
  const last = frames.shape.length - 2;
  const count = cx.size(frames, last);
  const total = plus(n, times(stride, minus(count, 1)));
  const places = op.add(op.expandDims(op.multiply(op.iota(count, "int32"), stride), [1]), op.iota(n, "int32"));
  const lines = op.reshape(shaped, [...sizesOf(cx, frames).slice(0, last), times(count, n)]);
  const whole = op.scatterAdd(op.reshape(places, [-1]), lines, last, total);
  // Keras asks whether it is False, and whether it is True: 0 is neither.
  const start = c.center !== false ? Math.floor(n / 2) : 0;
  const stop = c.length !== null ? start + c.length : c.center === true ? minus(total, start) : total;
  return op.slice(whole, [{ axis: last, start, stop, step: 1 }]);
}

export const fourierOperations: readonly AnyDef[] = [
  math("FFT", ["x"], {}, (cx, _c, [x]) => transformed(cx, complex(cx, x))),
  math("FFT2", ["x"], {}, (cx, _c, [x]) => transformed2(cx, complex(cx, x))),
  math("IFFT2", ["x"], {}, (cx, _c, [x]) => inverted(cx, complex(cx, x), 2)),
  math("RFFT", ["x"], { fft_length: optional(int({ min: 1 })) }, (cx, c, [x]) =>
    real(cx, needOneOf(tensor(cx, x), SINGLE), c.fft_length),
  ),
  math("IRFFT", ["x"], { fft_length: optional(int({ min: 1 })) }, (cx, c, [x]) =>
    realInverse(cx, complex(cx, x), c.fft_length),
  ),
  math("ExtractSequences", ["x"], { sequence_length: required(int({ min: 1 })), sequence_stride: required(int({ min: 1 })) }, (cx, c, [x]) => framed(cx, tensor(cx, x), c.sequence_length, c.sequence_stride)), // prettier-ignore
  math("STFT", ["x"], frameOptions, (cx, c, [given]) => {
    const x = needOneOf(tensor(cx, given), SINGLE);
    return shortTime(cx, c.center ? mirroredEnds(cx, x, Math.floor(c.fft_length / 2)) : x, c);
  }),
  math("ISTFT", ["x"], { ...frameOptions, center: json(true), length: optional(int({ min: 1 })) }, (cx, c, [x]) =>
    shortTimeInverse(cx, complex(cx, x), c),
  ),
];
