/** Functions of TensorFlow on signals. Source: tensorflow/python/ops/signal/. */
import { fail } from "../../../core/error.ts";
import { listOf } from "../../../core/list.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { framed } from "../../common/fourier.ts";
import { atEnd } from "./along.ts";
import { axisOf, lengthThere, sizesOf } from "./operation.ts";
import { rolled } from "./roll.ts";
import { plus, times } from "./sizes.ts";
import { type TfRun, TfTable } from "./tensorflow-call.ts";

const table = new TfTable();

/** The matrices of the four cosine transforms of n samples: n rows, n columns. */
function cosines(type: number, n: number, isOrthogonal: boolean): readonly number[] {
  const wave = (j: number, k: number): number => {
    const turn = (a: number, b: number, of: number): number => 2 * Math.cos((Math.PI * ((a * b) % (2 * of))) / of);
    switch (type) {
      case 1:
        return turn(j, k, n - 1) / (j === 0 || j === n - 1 ? 2 : 1);
      case 2:
        return turn(2 * j + 1, k, 2 * n) * (isOrthogonal ? Math.sqrt((k === 0 ? 0.25 : 0.5) / n) : 1);
      case 3:
        if (isOrthogonal) return turn(j, 2 * k + 1, 2 * n) * Math.sqrt((j === 0 ? 0.25 : 0.5) / n);
        return turn(j, 2 * k + 1, 2 * n) / (j === 0 ? 2 : 1);
      default:
        return turn(2 * j + 1, 2 * k + 1, 4 * n) * (isOrthogonal ? Math.sqrt(0.5 / n) : 1);
    }
  };
  return listOf(n * n, (i) => wave(Math.floor(i / n), i % n));
}
const MOST = 2048;
function transformed(cx: Context, given: Sym, type: number, length: number | null, isOrthogonal: boolean): Sym {
  const { op } = cx;
  const last = given.shape.length - 1;
  const own = lengthThere(given, last);
  const n = length ?? own;
  if (n > MOST) fail("limit/size", { expected: `at most ${MOST} samples`, found: String(n) });
  if (type === 1 && n < 2) fail("mismatch/shape", { expected: "at least 2 samples", found: String(n) });
  const x = n <= own ? op.slice(given, [{ axis: last, start: 0, stop: n, step: 1 }]) : op.pad(given, given.shape.map((_, i) => [0, i === last ? n - own : 0])); // prettier-ignore
  return op.matmul(x, op.array(cosines(type, n, isOrthogonal), [n, n], x.dtype));
}
const cosine = (types: readonly number[]): TfRun => (cx, a) => {
  const [type, norm] = [a.number("type")!, a.text("norm")];
  const own = types[type - 1];
  if (own === undefined || a.number("axis") !== -1) return fail("unsupported/argument", { path: "type", found: String(type) });
  if (norm !== null && (norm !== "ortho" || own === 1)) fail("unsupported/norm", { found: norm });
  return transformed(cx, a.tensor("input"), own, a.number("n"), norm === "ortho");
}; // prettier-ignore
const COSINE = "input, type=2, n=null, axis=-1, norm=null";
table.both("signal.dct compat.v1.spectral.dct", COSINE, cosine([1, 2, 3, 4]));
table.both("signal.idct compat.v1.spectral.idct", COSINE, cosine([1, 3, 2, 4]));
table.both("signal.mfccs_from_log_mel_spectrograms", "log_mel_spectrograms", (cx, a) => {
  const x = a.tensor("log_mel_spectrograms");
  return cx.op.multiply(transformed(cx, x, 2, null, false), 1 / Math.sqrt(2 * lengthThere(x, x.shape.length - 1)));
});

const shifted = (sign: 1 | -1): TfRun => (cx, a) => {
  const x = a.tensor("x");
  return a.axes(x, "axes").reduce((y, axis) => {
    const n = lengthThere(x, axis);
    return rolled(cx, y, sign === 1 ? Math.floor(n / 2) : -Math.floor(n / 2), axis);
  }, x);
}; // prettier-ignore
table.both("signal.fftshift", "x, axes=null", shifted(1));
table.both("signal.ifftshift", "x, axes=null", shifted(-1));

/** Lines along an axis cut into frames, which become the axis, and their samples the next. */
export function framesOf(
  cx: Context,
  given: Sym,
  at: number,
  length: number,
  step: number,
  filler: number | null,
): Sym {
  const { op } = cx;
  const axis = axisOf(given, at);
  let x = atEnd(cx, given, [axis]);
  const last = x.shape.length - 1;
  if (filler !== null) {
    const n = lengthThere(x, last);
    const missing = Math.max(0, (Math.ceil(n / step) - 1) * step + length - n);
    x = op.pad(x, x.shape.map((_, i) => [0, i === last ? missing : 0]), filler); // prettier-ignore
    const count = Math.ceil(n / step);
    x = op.slice(x, [{ axis: last, start: 0, stop: Math.max(0, (count - 1) * step + length), step: 1 }]);
  }
  const y = framed(cx, x, length, step);
  // The axes behind come last again.
  const perm = [...x.shape.slice(0, axis).map((_, i) => i), last, last + 1, ...x.shape.slice(axis, -1).map((_, i) => axis + i)]; // prettier-ignore
  return op.transpose(y, perm);
}
const frames: TfRun = (cx, a) => {
  const filler = a.number("pad_value")!;
  const at = a.number("axis")!;
  return framesOf(cx, a.tensor("signal"), at, a.number("frame_length")!, a.number("frame_step")!, a.flag("pad_end") ? filler : null); // prettier-ignore
};
table.both("signal.frame", "signal, frame_length, frame_step, pad_end=false, pad_value=0, axis=-1", frames);
/** The last quarters of each frame onto the first, turned round, and the cosines of both. */
table.both("signal.mdct", 'signals, frame_length, window_fn="vorbis_window", pad_end=false, norm=null', (cx, a) => {
  const { op } = cx;
  const [n, norm] = [a.number("frame_length")!, a.text("norm")];
  if (n % 4 !== 0) fail("mismatch/shape", { path: "frame_length", expected: "a multiple of 4", found: String(n) });
  if (norm !== null && norm !== "ortho") fail("unsupported/norm", { found: norm });
  if (a.text("window_fn") !== "vorbis_window")
    fail("unsupported/argument", { path: "window_fn", expected: "the default, or none" });
  const given = framesOf(cx, a.tensor("signals"), -1, n, n / 2, a.flag("pad_end") ? 0 : null);
  const vorbis = (i: number): number => Math.sin((Math.PI / 2) * Math.sin((Math.PI / n) * (i + 0.5)) ** 2);
  const window = listOf(n, (i) => (a.isNull("window_fn") ? Math.SQRT1_2 : vorbis(i)));
  const frames = op.multiply(given, op.array(window, [n], given.dtype));
  const axis = frames.shape.length - 1;
  const quarter = (i: number): Sym =>
    op.slice(frames, [{ axis, start: (i * n) / 4, stop: ((i + 1) * n) / 4, step: 1 }]);
  const turned = (i: number): Sym => op.reverse(quarter(i), [axis]);
  const first = op.subtract(op.negative(turned(2)), quarter(3));
  return transformed(cx, op.concat([first, op.subtract(quarter(0), turned(1))], axis), 4, null, norm === "ortho");
});

/** Frames laid over one another, `step` apart, and added. */
export function overlapped(cx: Context, x: Sym, step: number): Sym {
  const { op } = cx;
  const last = x.shape.length - 2;
  const [count, n] = [cx.size(x, last), lengthThere(x, last + 1)];
  const places = op.add(op.expandDims(op.multiply(op.iota(count, "int32"), step), [1]), op.iota(n, "int32"));
  const lines = op.reshape(x, [...sizesOf(cx, x).slice(0, last), times(count, n)]);
  return op.scatterAdd(op.reshape(places, [-1]), lines, last, plus(times(count, step), n - step));
}
table.both("signal.overlap_and_add", "signal, frame_step", (cx, a) =>
  overlapped(cx, a.tensor("signal"), a.number("frame_step")!),
);

/** Functions of TensorFlow on signals, by name. */
export const TENSORFLOW_SIGNALS = table;
