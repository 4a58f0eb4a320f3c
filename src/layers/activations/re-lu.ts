/**
 * y = max_value where x ≥ max_value, x where x ≥ threshold, else negative_slope · (x - threshold). No weights.
 * Source: keras/src/layers/activations/relu.py.
 */
import { layer } from "../define.ts";
import { anyFloat, float, optional, within } from "../fields.ts";
import { plainNumbers } from "../common/dialects.ts";

const atLeast0 = within(float(0), [0]);

export const reLU = layer({
  class: "ReLU",
  config: { max_value: optional(within(anyFloat(), [0])), negative_slope: atLeast0, threshold: atLeast0 },
  dialects: { keras2: { upgrade: plainNumbers } },
  mask: "pass",
  forward: (cx, c, _w, [x]) => cx.op.activation(x!, { fn: "relu", ...c }),
});
