/**
 * One step of a fully connected recurrence: h' = activation(x·kernel + bias + h·recurrent_kernel).
 * x[B, D], h[B, units] → h'. kernel[D, units], recurrent_kernel[units, units], bias[units].
 * Source: keras/src/layers/rnn/simple_rnn.py (SimpleRNNCell).
 */
import { cell } from "../define.ts";
import { checkActivation } from "../common/activation-spec.ts";
import { lastOf } from "../common/checks.ts";
import { droppedOut } from "../common/randomness.ts";
import { simpleRnnCellOptions } from "./shared/recurrent-options.ts";

export const simpleRnnCell = cell({
  class: "SimpleRNNCell",
  args: ["sequence", "states"],
  config: simpleRnnCellOptions,
  weights: {
    kernel: { shape: (c, [x]) => [lastOf(x), c.units], init: "kernel_initializer" },
    recurrent_kernel: { shape: (c) => [c.units, c.units], init: "recurrent_initializer" },
    bias: { when: (c) => c.use_bias, shape: (c) => [c.units], init: "bias_initializer" },
  },
  writing: { linearInto: { activation: { kernel: "all", recurrent_kernel: "all", bias: "all" } } },
  states: (cx, c, _w, x) => [[cx.size(x, 0), c.units]],
  step(cx, c, w, x, [h]) {
    const attrs = { activation: checkActivation(c.activation) };
    const [input, old] = [droppedOut(cx, x, c.dropout), droppedOut(cx, h!, c.recurrent_dropout)];
    const y = cx.op.simpleRnnCell(input, old, w.kernel, w.recurrent_kernel, w.bias, attrs);
    return { y, states: [y] };
  },
});
