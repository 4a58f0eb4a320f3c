/**
 * y = x where x > theta, else 0. No weights.
 * Source: tf_keras/layers/activation/thresholded_relu.py; gone in Keras 3.
 */
import { isFloat } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { layer } from "../define.ts";
import { floatsIn } from "../common/dtypes.ts";
import { float, within } from "../fields.ts";
import { plainNumbers } from "../common/dialects.ts";

export const thresholdedReLU = layer({
  class: "ThresholdedReLU",
  takes: floatsIn("tf-keras"),
  until: "keras2",
  module: "keras._legacy.layers",
  config: { theta: within(float(1), [0]) },
  dialects: { keras2: { upgrade: plainNumbers } },
  mask: "pass",
  forward(cx, c, _w, [x]) {
    if (!isFloat(cx.compute)) fail("unsupported/dtype", { expected: "a policy of floats", found: cx.compute });
    return cx.op.multiply(x!, cx.op.cast(cx.op.greater(x!, c.theta), x!.dtype));
  },
});
