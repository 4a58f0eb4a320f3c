/**
 * Keras 1's Dense for sequences: y = activation(x·kernel + bias) over the last axis.
 * x[B, T, D] → y[B, T, units]. kernel[D, units], bias[units].
 * Source: keras 1.2.2 keras/layers/core.py (TimeDistributedDense).
 */
import { layer } from "../define.ts";
import { activation, bool, constraint, initializer, int, regularizer } from "../fields.ts";
import { activate, lastOf, needRank } from "../common/checks.ts";
import { keras1Kernel } from "../common/dialects.ts";

export const timeDistributedDense = layer({
  class: "TimeDistributedDense",
  until: "keras1",
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
  },
  weights: {
    kernel: { shape: (c, [x]) => [lastOf(x), c.units], init: "kernel_initializer" },
    bias: { when: (c) => c.use_bias, shape: (c) => [c.units], init: "bias_initializer" },
  },
  dialects: { keras1: keras1Kernel },
  mask: "pass",
  forward(cx, c, w, [x]) {
    needRank(x!, 3);
    const y = cx.op.matmul(x!, w.kernel);
    return activate(cx, w.bias ? cx.op.add(y, w.bias) : y, c.activation);
  },
});
