/**
 * How strong the frequencies of a signal are over time, in bands of the mel scale, as decibels. No weights.
 * x[..., T] → y[..., num_mel_bins, frames], as floats.
 * Source: keras/src/layers/preprocessing/mel_spectrogram.py.
 */
import { listOf } from "../../core/list.ts";
import type { Sym } from "../../ops/types.ts";
import { shortTime } from "../common/fourier.ts";
import { mirroredEnds } from "../common/mirrored.ts";
import { type Context, layer } from "../define.ts";
import { bool, float, int, json, nullable, optional } from "../fields.ts";

interface Bands {
  readonly fft_length: number;
  readonly sampling_rate: number;
  readonly num_mel_bins: number;
  readonly min_freq: number;
  readonly max_freq: number | null;
}

const f32 = Math.fround;
const melOf = (hertz: number): number => f32(1127 * f32(Math.log(f32(1 + f32(hertz / 700)))));

/** What each frequency adds to each band: triangles of height 1, computed in float32 whatever the layer's dtype. */
function bandMatrix(cx: Context, c: Bands, x: Sym): Sym {
  const bins = Math.floor(c.fft_length / 2) + 1;
  const [low, high] = [melOf(f32(c.min_freq)), melOf(f32(c.max_freq || Math.floor(c.sampling_rate / 2)))]; // 0 is none
  const step = f32(f32(high - low) / (c.num_mel_bins + 1));
  const edges = listOf(c.num_mel_bins + 2, (i) => (i > c.num_mel_bins ? high : f32(low + f32(step * i))));
  const nyquist = f32(c.sampling_rate / 2);
  const values = listOf(bins, (k) => {
    const mel = melOf(k === bins - 1 ? nyquist : f32(f32(nyquist / (bins - 1)) * k));
    return listOf(c.num_mel_bins, (i) => {
      const [from, peak, to] = edges.slice(i) as [number, number, number];
      const [rise, fall] = [f32(mel - from) / f32(peak - from), f32(to - mel) / f32(to - peak)];
      return k === 0 ? 0 : Math.max(0, Math.min(f32(rise), f32(fall)));
    });
  });
  return cx.op.array(values.flat(), [bins, c.num_mel_bins], x.dtype);
}

export const melSpectrogram = layer({
  class: "MelSpectrogram",
  config: {
    fft_length: int({ min: 1, default: 2048 }),
    sequence_stride: int({ min: 1, default: 512 }),
    sequence_length: optional(int({ min: 1 })),
    window: nullable(json("hann")),
    sampling_rate: int({ min: 1, default: 16000 }),
    num_mel_bins: int({ min: 1, default: 128 }),
    min_freq: float(20),
    max_freq: optional(float()),
    power_to_db: bool(true),
    top_db: float(80),
    mag_exp: float(2),
    min_power: float(1e-10),
    ref_power: float(1),
  },
  calls: { overBatch: (c) => c.power_to_db },
  forward(cx, c, _w, [given]) {
    const { op } = cx;
    const x = op.cast(given!, cx.compute === "float64" ? "float64" : "float32");
    const [re, im] = shortTime(cx, mirroredEnds(cx, x, Math.floor(c.fft_length / 2)), {
      ...c,
      sequence_length: c.sequence_length ?? c.fft_length,
      center: true,
    });
    const magnitude = op.sqrt(op.add(op.multiply(re, re), op.multiply(im, im)));
    const bands = op.matmul(op.power(magnitude, c.mag_exp), bandMatrix(cx, c, x));
    const rank = bands.shape.length;
    const turned = op.transpose(
      bands,
      listOf(rank, (i) => (i < rank - 2 ? i : 2 * rank - 3 - i)),
    );
    if (!c.power_to_db) return op.cast(turned, cx.compute);
    const decibels = op.multiply(op.log(op.maximum(turned, c.min_power)), 10 / Math.LN10);
    const y = op.subtract(decibels, 10 * Math.log10(Math.max(Math.abs(c.ref_power), c.min_power)));
    // The loudest of the whole batch.
    const loudest = op.max(y, listOf(rank, (i) => i), true); // prettier-ignore
    return op.cast(op.maximum(y, op.subtract(loudest, c.top_db)), cx.compute);
  },
});
