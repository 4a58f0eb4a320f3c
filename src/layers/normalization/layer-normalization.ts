/**
 * y = (x - mean) / sqrt(variance + epsilon) · gamma + beta, mean and variance over `axis` of each sample; rms_scaling
 * leaves out the mean and beta (but not from the variance). x[B, …] → y[B, …].
 * gamma, beta: the lengths of x along the axes.
 * Source: keras/src/layers/normalization/layer_normalization.py, keras/src/ops/nn.py (`layer_normalization`).
 */
import { layer } from "../define.ts";
import { axes, bool, float, keras3Only } from "../fields.ts";
import {
  affineInitializers, affineLimits, alongAxes, centerAndScale, inFloats, lengthsAlong, moments, positive,
} from "../common/normalization.ts"; // prettier-ignore

export const layerNormalization = layer({
  class: "LayerNormalization",
  config: {
    axis: axes(-1),
    epsilon: float(0.001),
    ...centerAndScale,
    rms_scaling: keras3Only(bool(false)),
    ...affineInitializers,
    ...affineLimits,
  },
  weights: {
    gamma: {
      when: (c) => c.scale || c.rms_scaling,
      shape: ({ axis }, [x]) => lengthsAlong(x, positive(axis, x!.length)),
      dtype: (own) => own,
      init: "gamma_initializer",
    },
    beta: {
      when: (c) => c.center && !c.rms_scaling,
      shape: ({ axis }, [x]) => lengthsAlong(x, positive(axis, x!.length)),
      dtype: (own) => own,
      init: "beta_initializer",
    },
  },
  calls: { casts: (semantics) => semantics !== "keras3" },
  mask: "pass",
  forward(cx, c, w, [given]) {
    const { op } = cx;
    const over = positive(c.axis, given!.shape.length);
    const y = inFloats(cx, given!, (x) => {
      if (!c.rms_scaling) return op.layerNorm(x, w.gamma, w.beta, { axes: over, epsilon: c.epsilon, rms: false });
      const { variance } = moments(cx, x, over);
      return op.multiply(op.multiply(x, op.rsqrt(op.add(variance, c.epsilon))), alongAxes(cx, w.gamma, x, over));
    });
    return op.cast(y, cx.compute);
  },
});
