/**
 * Dropout, AlphaDropout, GaussianDropout, GaussianNoise: y = x; units are dropped, or noise comes in, in training only.
 * No weights. Source: keras/src/layers/regularization/dropout.py, alpha_dropout.py, gaussian_dropout.py, gaussian_noise.py.
 */
import { layer } from "../define.ts";
import { type Fields, float, int, json, optional } from "../fields.ts";
import { refuseRandom } from "../common/randomness.ts";

const dropping = <F extends Fields>(name: string, more: F) =>
  layer({
    class: name,
    config: { rate: float(), seed: optional(int()), ...more },
    dialects: { keras1: { rename: { p: "rate" } } },
    mask: "pass",
    forward(cx, c, _w, [x]) {
      refuseRandom(cx, (c as { readonly rate: number }).rate);
      return x!;
    },
  });

export const dropout = dropping("Dropout", { noise_shape: json() });
export const alphaDropout = dropping("AlphaDropout", { noise_shape: json() });
export const gaussianDropout = dropping("GaussianDropout", {});

export const gaussianNoise = layer({
  class: "GaussianNoise",
  config: { stddev: float(), seed: optional(int()) },
  dialects: { keras1: { rename: { sigma: "stddev" } } },
  mask: "pass",
  forward(cx, c, _w, [x]) {
    refuseRandom(cx, c.stddev);
    return x!;
  },
});
