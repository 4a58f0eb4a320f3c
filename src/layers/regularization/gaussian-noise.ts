/** y = x: noise is added in training only. No weights. Source: keras/src/layers/regularization/gaussian_noise.py. */
import { layer } from "../define.ts";
import { float, optionalInt } from "../fields.ts";
import { refuseRandom } from "../common/randomness.ts";

export const gaussianNoise = layer({
  class: "GaussianNoise",
  config: { stddev: float(), seed: optionalInt() },
  dialects: { keras1: { rename: { sigma: "stddev" } } },
  mask: "pass",
  forward(cx, c, _w, [x]) {
    refuseRandom(cx, c.stddev);
    return x!;
  },
});
