/**
 * y = alphas · ln(1 + e^(betas · x)), both learned. x[B, …] → y[B, …].
 * alphas, betas: as x without the batch, 1 along shared axes, which only the stored shape tells.
 * Source: keras 1.2.2 keras/layers/advanced_activations.py (ParametricSoftplus).
 */
import { layer } from "../define.ts";
import { float } from "../fields.ts";

export const parametricSoftplus = layer({
  class: "ParametricSoftplus",
  until: "keras1",
  config: { alpha_init: float(0.2), beta_init: float(5) },
  weights: {
    alphas: { shape: (_c, [x]) => x!.slice(1).map(() => null) },
    betas: { shape: (_c, [x]) => x!.slice(1).map(() => null) },
  },
  mask: "pass",
  forward(cx, _c, w, [x]) {
    const y = cx.op.activation(cx.op.multiply(w.betas, x!), { fn: "softplus" });
    return cx.op.multiply(y, w.alphas);
  },
});
