/**
 * A fully connected recurrence over time: the loop of its cell (see SimpleRNNCell for the equation and the weights).
 * x[B, T, D] → y[B, units], or y[B, T, units] with return_sequences; then h with return_state.
 * Source: keras/src/layers/rnn/simple_rnn.py, tf_keras/layers/rnn/simple_rnn.py.
 */
import { layer } from "../define.ts";
import { floatsIn } from "../common/dtypes.ts";
import { cellConfig, recurrent, recurrentFields, recurrentMask, timeMajor } from "./shared/recurrent.ts";
import { keras1Recurrent, keras2Recurrent } from "./shared/recurrent-dialects.ts";
import { simpleRnnCellOptions, simpleRnnOptions } from "./shared/recurrent-options.ts";

export const simpleRnn = layer({
  class: "SimpleRNN",
  takes: floatsIn("tf-keras"),
  args: ["sequences", "initial_state", "mask"],
  calls: { furtherInputs: "initial_state" },
  config: { ...recurrentFields, ...timeMajor, ...simpleRnnOptions },
  dialects: { keras1: keras1Recurrent, keras2: keras2Recurrent },
  children: {
    cell: { config: (_c, options) => cellConfig("SimpleRNNCell", "simple_rnn_cell", simpleRnnCellOptions, options) },
  },
  mask: recurrentMask,
  forward: (cx, c, _w, x, kw) => recurrent(cx, c, x, kw),
});
