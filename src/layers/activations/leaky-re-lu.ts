/**
 * y = x where x ≥ 0, else negative_slope · x. No weights.
 * Source: keras/src/layers/activations/leaky_relu.py.
 */
import { isFloat } from "../../core/dtype.ts";
import { layer } from "../define.ts";
import { float, within } from "../fields.ts";
import { plainNumbers } from "../common/dialects.ts";

const alpha = { rename: { alpha: "negative_slope" }, upgrade: plainNumbers };

export const leakyReLU = layer({
  class: "LeakyReLU",
  config: { negative_slope: within(float(0.3), [0], ["keras3"]) },
  dialects: { keras1: alpha, keras2: alpha },
  mask: "pass",
  forward(cx, c, _w, [x]) {
    // Before Keras 3 a slope of 0 leaves integers what they are.
    const fn = cx.semantics === "keras3" || isFloat(x!.dtype) ? "leaky_relu" : "relu";
    return cx.op.activation(x!, { fn, ...c });
  },
});
