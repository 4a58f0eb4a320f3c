/**
 * One step of a long short-term memory, gates i, f, c, o along the last axis:
 *   i, f, o = recurrent_activation(x·kernel + h·recurrent_kernel + bias), g = activation(…)
 *   c' = f*c + i*g,  h' = o * activation(c')
 * x[B, D], h[B, units], c[B, units] → h', c'. kernel[D, 4*units], recurrent_kernel[units, 4*units], bias[4*units].
 * Source: keras/src/layers/rnn/lstm.py (LSTMCell).
 */
import { fromLstmGates } from "../../ops/cells.ts";
import { cell } from "../define.ts";
import { checkActivation } from "../common/activation-spec.ts";
import { lastOf } from "../common/checks.ts";
import { droppedOut } from "../common/randomness.ts";
import { dropsGates, gateProducts, gatesOf, gateSums } from "./shared/dropped-gates.ts";
import { keras2Recurrent } from "./shared/recurrent-dialects.ts";
import { lstmCellOptions } from "./shared/recurrent-options.ts";
import { storedLstm } from "./shared/stored-recurrent.ts";

/** Columns of the gates i, f and o; those of c feed the other activation. */
const gates = (c: { readonly units: number }) =>
  [
    [0, 2 * c.units],
    [3 * c.units, 4 * c.units],
  ] as const;

export const lstmCell = cell({
  class: "LSTMCell",
  args: ["inputs", "states"],
  config: lstmCellOptions,
  weights: {
    kernel: { shape: (c, [x]) => [lastOf(x), c.units * 4], init: "kernel_initializer" },
    recurrent_kernel: { shape: (c) => [c.units, c.units * 4], init: "recurrent_initializer" },
    bias: {
      when: (c) => c.use_bias,
      shape: (c) => [c.units * 4],
      init: "bias_initializer",
      ones: (c) => (c.unit_forget_bias ? [c.units, 2 * c.units] : null),
    },
  },
  dialects: { keras2: keras2Recurrent },
  stored: storedLstm,
  writing: { linearInto: { recurrent_activation: { kernel: gates, recurrent_kernel: gates, bias: gates } } },
  states: (cx, c, _w, x) => [
    [cx.size(x, 0), c.units],
    [cx.size(x, 0), c.units],
  ],
  step(cx, c, w, x, [h, carry]) {
    const attrs = {
      activation: checkActivation(c.activation),
      recurrentActivation: checkActivation(c.recurrent_activation),
    };
    if (dropsGates(cx, c.recurrent_dropout)) {
      const [kernels, recurrent] = [w.kernel, w.recurrent_kernel].map((kernel) => gatesOf(cx, kernel, c.units, 4));
      const products = [
        gateProducts(cx, x, c.dropout, kernels!),
        gateProducts(cx, h!, c.recurrent_dropout, recurrent!),
      ];
      const next = fromLstmGates(cx.op, gateSums(cx, products, w.bias, c.units), carry!, attrs);
      return { y: next.h, states: [next.h, next.c] };
    }
    const [y, next] = cx.op.lstmCell(
      droppedOut(cx, x, c.dropout),
      h!,
      carry!,
      w.kernel,
      w.recurrent_kernel,
      w.bias,
      attrs,
    );
    return { y, states: [y, next] };
  },
});
