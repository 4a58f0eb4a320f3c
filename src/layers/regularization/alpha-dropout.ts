/** y = x: units are dropped in training only. No weights. Source: keras/src/layers/regularization/alpha_dropout.py. */
import { layer } from "../define.ts";
import { float, json, optionalInt } from "../fields.ts";
import { refuseRandom } from "../common/randomness.ts";

export const alphaDropout = layer({
  class: "AlphaDropout",
  config: { rate: float(), seed: optionalInt(), noise_shape: json() },
  dialects: { keras1: { rename: { p: "rate" } } },
  mask: "pass",
  forward(cx, c, _w, [x]) {
    refuseRandom(cx, c.rate);
    return x!;
  },
});
