/**
 * One step of a gated recurrent unit, gates z, r, h along the last axis:
 *   z, r = recurrent_activation(x·kernel + h·recurrent_kernel + bias)
 *   g = activation(x·kernel + (r*h)·recurrent_kernel + bias), with reset_after r*(h·recurrent_kernel + bias[1])
 *   h' = z*h + (1 - z)*g
 * x[B, D], h[B, units] → h'. kernel[D, 3*units], recurrent_kernel[units, 3*units], bias[3*units], with reset_after
 * [2, 3*units]. Source: keras/src/layers/rnn/gru.py (GRUCell).
 */
import { cell } from "../define.ts";
import { checkActivation } from "../common/activation-spec.ts";
import { lastOf } from "../common/checks.ts";
import { dropped, refuseRandom } from "../common/randomness.ts";
import { keras2Recurrent } from "./shared/recurrent-dialects.ts";
import { gruCellOptions } from "./shared/recurrent-options.ts";
import { storedGru } from "./shared/stored-recurrent.ts";

/** Columns of the gates z and r, and of the candidate state. */
const gates = (c: { readonly units: number }) => [[0, 2 * c.units]] as const;
const candidate = (c: { readonly units: number }) => [[2 * c.units, 3 * c.units]] as const;

export const gruCell = cell({
  class: "GRUCell",
  args: ["inputs", "states"],
  config: gruCellOptions,
  weights: {
    kernel: { shape: (c, [x]) => [lastOf(x), c.units * 3], init: "kernel_initializer" },
    recurrent_kernel: { shape: (c) => [c.units, c.units * 3], init: "recurrent_initializer" },
    bias: {
      when: (c) => c.use_bias,
      shape: (c) => (c.reset_after ? [2, c.units * 3] : [c.units * 3]),
      init: "bias_initializer",
    },
  },
  dialects: { keras2: keras2Recurrent },
  stored: storedGru,
  writing: {
    linearInto: {
      recurrent_activation: { kernel: gates, recurrent_kernel: gates, bias: gates },
      activation: { kernel: candidate, recurrent_kernel: candidate, bias: candidate },
    },
  },
  states: (cx, c, _w, x) => [[cx.size(x, 0), c.units]],
  step(cx, c, w, x, [h]) {
    refuseRandom(cx, c.recurrent_dropout);
    const y = cx.op.gruCell(dropped(cx, x, c.dropout), h!, w.kernel, w.recurrent_kernel, w.bias, {
      activation: checkActivation(c.activation),
      recurrentActivation: checkActivation(c.recurrent_activation),
      resetAfter: c.reset_after,
    });
    return { y, states: [y] };
  },
});
