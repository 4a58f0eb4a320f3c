/**
 * y = x where x > theta, else 0. No weights.
 * Source: tf_keras/layers/activation/thresholded_relu.py; gone in Keras 3.
 */
import { isFloat } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { layer } from "../define.ts";
import { float, within } from "../fields.ts";
import { plainNumbers } from "../common/dialects.ts";

export const thresholdedReLU = layer({
  class: "ThresholdedReLU",
  until: "keras2",
  module: "keras._legacy.layers",
  config: { theta: within(float(1), [0]) },
  dialects: { keras2: { upgrade: plainNumbers } },
  mask: "pass",
  forward(cx, c, _w, [x]) {
    const { op, compute } = cx;
    // What is above theta is told in the layer's own dtype, and theta with it.
    if (x!.dtype !== compute || compute === "bool")
      fail("unsupported/dtype", { expected: `numbers of the layer's dtype, ${compute}`, found: x!.dtype });
    const theta = isFloat(compute) ? c.theta : Math.trunc(c.theta);
    return op.multiply(x!, op.cast(op.greater(x!, theta), compute));
  },
});
