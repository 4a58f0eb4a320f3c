/**
 * Short-time Fourier transforms of each channel, as strided convolutions with stored waves.
 * x[B, T, C] → y[B, T', C · F], or [B, T', F, C] with expand_dims, F = fft_length / 2 + 1 (twice that for `stft`);
 * channels first: x[B, C, T] → y[B, C · F, T'] or [B, C, T', F].
 * real_kernel, imag_kernel[frame_length, 1, fft_length / 2 + 1], those that the mode needs.
 * Source: keras/src/layers/preprocessing/stft_spectrogram.py.
 */
import type { JsonNode } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import { listOf } from "../../core/list.ts";
import { sizeFrom } from "../../ops/shapes.ts";
import type { Shape, Sym } from "../../ops/types.ts";
import { needRank } from "../common/checks.ts";
import { type Context, layer } from "../define.ts";
import { bool, choice, dataFormat, int, json, nullable, optional } from "../fields.ts";

const EPSILON = 1e-7;

interface StftConfig {
  readonly mode: string;
  readonly frame_length: number;
  readonly frame_step: number | null;
  readonly fft_length: number | null;
  readonly window: JsonNode;
  readonly periodic: boolean;
  readonly scaling: string | null;
  readonly padding: "valid" | "same";
}

const bands = (c: StftConfig): number =>
  Math.floor((c.fft_length ?? 2 ** Math.ceil(Math.log2(c.frame_length))) / 2) + 1;

const kernel = (side: "real" | "imag", not: string) => ({
  when: (c: StftConfig) => c.mode !== not,
  shape: (c: StftConfig): Shape => [c.frame_length, 1, bands(c)],
  init: (c: StftConfig): JsonNode =>
    new Map<string, JsonNode>([
      ["class_name", "STFT"],
      ["config", new Map<string, JsonNode>([["side", side], ["window", c.window], ["scaling", c.scaling], ["periodic", c.periodic]])], // prettier-ignore
    ]),
});

/** x[B, C, T] → [B, C, T', F]. */
function transformed(cx: Context, c: StftConfig, x: Sym, waves: Sym): Sym {
  const { op } = cx;
  const step = c.frame_step ?? Math.floor(c.frame_length / 2);
  if (step < 1 || step > c.frame_length)
    fail("mismatch/shape", { path: "frame_step", expected: `from 1 to ${c.frame_length}`, found: String(step) });
  const [batch, channels] = [cx.size(x, 0), cx.size(x, 1)];
  const lines = op.reshape(x, [sizeFrom("mul", batch, channels), cx.size(x, 2), 1]);
  const attrs = { layout: "last", strides: [step], dilation: [1], groups: 1, padding: c.padding } as const;
  const y = op.conv(lines, op.cast(waves, x.dtype), null, attrs);
  return op.reshape(y, [batch, channels, cx.size(y, 1), bands(c)]);
}

/** What the mode makes of the transform, both [B, C, T', F]. */
function inMode(cx: Context, c: StftConfig, re: Sym | undefined, im: Sym | undefined): Sym {
  const { op } = cx;
  if (re === undefined || im === undefined) return (re ?? im)!;
  if (c.mode === "angle") return op.atan2(im, re);
  if (c.mode === "stft") return op.concat([re, im], 3);
  const power = op.add(op.multiply(re, re), op.multiply(im, im));
  // All but the first and the last stand for two frequencies.
  const twice = listOf(bands(c), (k) => (k === 0 || k === bands(c) - 1 ? 1 : 2));
  if (c.mode === "psd") return op.multiply(power, op.array(twice, [twice.length], power.dtype));
  const magnitude = op.sqrt(op.maximum(power, EPSILON));
  return c.mode === "magnitude" ? magnitude : op.log(op.maximum(magnitude, EPSILON));
}

export const stftSpectrogram = layer({
  class: "STFTSpectrogram",
  config: {
    mode: choice(["log", "magnitude", "psd", "real", "imag", "angle", "stft"], "log"),
    frame_length: int({ min: 1, default: 256 }),
    frame_step: optional(int({ min: 1 })),
    fft_length: optional(int({ min: 1 })),
    window: nullable(json("hann")),
    periodic: bool(false),
    scaling: nullable(choice(["density", "spectrum"], "density")),
    padding: choice(["valid", "same"], "valid"),
    data_format: dataFormat(),
    expand_dims: bool(false),
  },
  weights: { real_kernel: kernel("real", "imag"), imag_kernel: kernel("imag", "real") },
  takes: ([dtype]) => (dtype === "float16" || dtype === "float32" || dtype === "float64" ? null : "float16, float32 or float64"), // prettier-ignore
  forward(cx, c, w, [given]) {
    const { op } = cx;
    needRank(given!, 3);
    const last = c.data_format === "channels_last";
    if (c.fft_length !== null && c.fft_length < c.frame_length)
      fail("mismatch/shape", { path: "fft_length", expected: `at least ${c.frame_length}`, found: String(c.fft_length) }); // prettier-ignore
    const x = last ? op.transpose(given!, [0, 2, 1]) : given!;
    const re = c.mode === "imag" ? undefined : transformed(cx, c, x, w.real_kernel);
    const im = c.mode === "real" ? undefined : transformed(cx, c, x, w.imag_kernel);
    const y = inMode(cx, c, re, im);
    if (c.expand_dims) return last ? op.transpose(y, [0, 2, 3, 1]) : y;
    const [batch, steps] = [cx.size(y, 0), cx.size(y, 2)];
    const depth = sizeFrom("mul", cx.size(y, 1), cx.size(y, 3));
    return last
      ? op.reshape(op.transpose(y, [0, 2, 1, 3]), [batch, steps, depth])
      : op.reshape(op.transpose(y, [0, 1, 3, 2]), [batch, depth, steps]);
  },
});
