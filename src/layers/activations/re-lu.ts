/**
 * y = max_value where x ≥ max_value, x where x ≥ threshold, else negative_slope · (x - threshold). No weights.
 * Source: keras/src/layers/activations/relu.py.
 */
import { isFloat } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { layer } from "../define.ts";
import { anyFloat, float, optional, within } from "../fields.ts";
import { plainNumbers } from "../common/dialects.ts";

const atLeast0 = within(float(0), [0]);

export const reLU = layer({
  class: "ReLU",
  config: { max_value: optional(within(anyFloat(), [0])), negative_slope: atLeast0, threshold: atLeast0 },
  dialects: { keras2: { upgrade: plainNumbers } },
  mask: "pass",
  forward(cx, c, _w, [x]) {
    // With a slope Keras 3 multiplies integers with both numbers, where tf-keras cuts them to whole ones.
    const alone = c.threshold === 0 && c.max_value === null;
    const fraction = [c.negative_slope, c.threshold].find((value) => !Number.isInteger(value));
    if (cx.semantics === "keras3" && !isFloat(x!.dtype) && c.negative_slope !== 0 && !alone && fraction !== undefined)
      fail("unsupported/dtype", { message: `beside ${fraction}`, expected: "floats", found: x!.dtype });
    return cx.op.activation(x!, { fn: "relu", ...c });
  },
});
