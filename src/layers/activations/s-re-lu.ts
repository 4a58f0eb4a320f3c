/**
 * y = t_right + a_right · (x - t_right) where x ≥ t_right, x between, t_left + a_left · (x - t_left) below t_left;
 * t_right = t_left + |stored t_right|. x[B, …] → y[B, …].
 * All four: as x without the batch, 1 along shared axes, which only the stored shape tells.
 * Source: keras 1.2.2 keras/layers/advanced_activations.py (SReLU).
 */
import { layer } from "../define.ts";
import { initializer } from "../fields.ts";

const each = { shape: (_c: unknown, [x]: readonly (readonly (number | null)[])[]) => x!.slice(1).map(() => null) };

export const sReLU = layer({
  class: "SReLU",
  until: "keras1",
  config: {
    t_left_init: initializer("zero"),
    a_left_init: initializer("glorot_uniform"),
    t_right_init: initializer("glorot_uniform"),
    a_right_init: initializer("one"),
  },
  weights: { t_left: each, a_left: each, t_right: each, a_right: each },
  mask: "pass",
  forward(cx, _c, w, [x]) {
    const { op } = cx;
    const width = op.abs(w.t_right);
    const above = op.subtract(x!, w.t_left);
    const rest = op.maximum(op.negative(above), 0);
    const middle = op.minimum(op.subtract(op.maximum(above, 0), op.multiply(w.a_left, rest)), width);
    const right = op.multiply(op.maximum(op.subtract(above, width), 0), w.a_right);
    return op.add(op.add(w.t_left, middle), right);
  },
});
