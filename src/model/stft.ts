/**
 * The kernel of a short-time Fourier transform, [frame, 1, bands]: cos or sin of -2π·t·f, windowed and scaled.
 * Source: keras/src/initializers/constant_initializers.py (`STFT`); windows: scipy.signal.windows.
 */
import { fail } from "../core/error.ts";
import { showShape } from "../core/tensor.ts";

/** Cosine sums: a0 - a1·cos(x) + a2·cos(2x). */
const WINDOWS: ReadonlyMap<string, readonly [number, number, number]> = new Map([
  ["hann", [0.5, 0.5, 0]],
  ["hamming", [0.54, 0.46, 0]],
  ["blackman", [0.42, 0.5, 0.08]],
  ["boxcar", [1, 0, 0]],
]);

/** Options of Keras's `STFT` initialiser. */
export interface StftOptions {
  readonly side: string;
  /** null: none. */
  readonly window: string | null;
  readonly scaling: string | null;
  readonly periodic: boolean;
}

function windowValues(name: string, length: number, periodic: boolean): Float64Array {
  const terms = WINDOWS.get(name);
  if (terms === undefined)
    return fail("unsupported/window", { expected: `one of ${[...WINDOWS.keys()].join(", ")}`, found: name });
  const turn = (2 * Math.PI) / Math.max(1, periodic ? length : length - 1);
  return Float64Array.from({ length }, (_, t) =>
    length === 1 ? 1 : terms[0] - terms[1] * Math.cos(turn * t) + terms[2] * Math.cos(2 * turn * t),
  );
}

/** The kernel. Throws `mismatch/shape` for another shape than [frame, 1, bands]. */
export function stft(shape: readonly number[], o: StftOptions): Float64Array {
  const [frame, channels, bands] = shape;
  if (shape.length !== 3 || channels !== 1)
    return fail("mismatch/shape", { message: "STFT", expected: "[frame, 1, bands]", found: showShape(shape) });
  const window = o.window === null ? null : windowValues(o.window, frame!, o.periodic);
  let scale = 1;
  if (window !== null && o.scaling === "density") scale = Math.sqrt(window.reduce((sum, w) => sum + w * w, 0));
  if (window !== null && o.scaling === "spectrum") scale = window.reduce((sum, w) => sum + Math.abs(w), 0);
  const wave = o.side === "imag" ? Math.sin : Math.cos;
  const values = new Float64Array(frame! * bands!);
  for (let t = 0; t < frame!; t++) {
    for (let f = 0; f < bands!; f++) {
      values[t * bands! + f] = (wave((-2 * t * f * Math.PI) / ((bands! - 1) * 2)) * (window?.[t] ?? 1)) / scale;
    }
  }
  return values;
}
