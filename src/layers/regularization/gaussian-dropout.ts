/** y = x: noise is multiplied in training only. No weights. Source: keras/src/layers/regularization/gaussian_dropout.py. */
import { layer } from "../define.ts";
import { float, optionalInt } from "../fields.ts";
import { refuseRandom } from "../common/randomness.ts";

export const gaussianDropout = layer({
  class: "GaussianDropout",
  config: { rate: float(), seed: optionalInt() },
  dialects: { keras1: { rename: { p: "rate" } } },
  mask: "pass",
  forward(cx, c, _w, [x]) {
    refuseRandom(cx, c.rate);
    return x!;
  },
});
