/**
 * y = x / sqrt(mean(x²) + epsilon) · scale, the mean over `axis` of each sample. x[B, …] → y[B, …].
 * scale: the lengths of x along the axes; as in Keras it multiplies the last axes of x, whichever `axis` names.
 * Source: keras/src/layers/normalization/rms_normalization.py.
 */
import { layer } from "../define.ts";
import { axes, float } from "../fields.ts";
import { asFloats, inFloats, lengthsAlong, positive } from "../common/normalization.ts";

export const rmsNormalization = layer({
  class: "RMSNormalization",
  args: ["x"],
  config: { axis: axes(-1), epsilon: float(1e-6) },
  calls: { buildsOnce: true },
  weights: { scale: { shape: ({ axis }, [x]) => lengthsAlong(x, positive(axis, x!.length)), init: "Ones" } },
  forward(cx, c, w, [x]) {
    const over = positive(c.axis, x!.shape.length);
    const attrs = { axes: over, epsilon: c.epsilon, rms: true };
    return inFloats(cx, x!, (floats) => cx.op.layerNorm(floats, asFloats(cx, w.scale), undefined, attrs));
  },
});
