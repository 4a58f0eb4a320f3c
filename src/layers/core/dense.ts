/**
 * Dense, and TimeDistributedDense, which Keras 1 had for sequences: y = activation(x·kernel + bias) over the last axis.
 * x[..., D] → y[..., units]. kernel[D, units], bias[units].
 * Source: keras/src/layers/core/dense.py, keras 1.2.2 keras/layers/core.py (TimeDistributedDense).
 */
import { layer } from "../define.ts";
import { int, json, keras3Only } from "../fields.ts";
import { activate, lastOf, needRank } from "../common/checks.ts";
import { keras1Kernel } from "../common/dialects.ts";
import { kernelAndBias } from "../common/weight-options.ts";

const columns = (c: { readonly units: number }) => [[0, c.units]] as const;

const denseOf = (own: { readonly class: string; readonly until?: "keras1" }, rank: number | null) =>
  layer({
    ...own,
    config: { units: int({ min: 1 }), ...kernelAndBias, quantization_config: keras3Only(json()) },
    weights: {
      kernel: { shape: (c, [x]) => [lastOf(x), c.units], init: "kernel_initializer" },
      bias: { when: (c) => c.use_bias, shape: (c) => [c.units], init: "bias_initializer" },
    },
    dialects: { keras1: keras1Kernel },
    writing: { linearInto: { activation: { kernel: columns, bias: columns } } },
    mask: "pass",
    forward(cx, c, w, [x]) {
      if (rank !== null) needRank(x!, rank);
      const y = cx.op.matmul(x!, w.kernel);
      return activate(cx, w.bias ? cx.op.add(y, w.bias) : y, c.activation);
    },
  });

export const dense = denseOf({ class: "Dense" }, null);
export const timeDistributedDense = denseOf({ class: "TimeDistributedDense", until: "keras1" }, 3);
