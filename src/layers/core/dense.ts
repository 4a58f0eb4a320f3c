/**
 * y = activation(x·kernel + bias) over the last axis.
 * x[..., D] → y[..., units]. kernel[D, units], bias[units].
 * Source: keras/src/layers/core/dense.py.
 */
import { layer } from "../define.ts";
import { activation, bool, constraint, initializer, int, json, regularizer } from "../fields.ts";
import { activate, lastOf } from "../common/checks.ts";
import { keras1Kernel } from "../common/dialects.ts";

export const dense = layer({
  class: "Dense",
  config: {
    units: int({ min: 1 }),
    activation: activation("linear"),
    use_bias: bool(true),
    kernel_initializer: initializer("GlorotUniform"),
    bias_initializer: initializer("Zeros"),
    kernel_regularizer: regularizer(),
    bias_regularizer: regularizer(),
    activity_regularizer: regularizer(),
    kernel_constraint: constraint(),
    bias_constraint: constraint(),
    quantization_config: json(null, { keras3Only: true }),
  },
  weights: {
    kernel: { shape: (c, [x]) => [lastOf(x), c.units], init: "kernel_initializer" },
    bias: { when: (c) => c.use_bias, shape: (c) => [c.units], init: "bias_initializer" },
  },
  dialects: { keras1: keras1Kernel },
  linearInto: { activation: { kernel: (c) => [[0, c.units]], bias: (c) => [[0, c.units]] } },
  mask: "pass",
  forward(cx, c, w, [x]) {
    const y = cx.op.matmul(x!, w.kernel);
    return activate(cx, w.bias ? cx.op.add(y, w.bias) : y, c.activation);
  },
});
