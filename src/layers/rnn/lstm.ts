/**
 * Long short-term memory over time: the loop of its cell (see LSTMCell for the equation and the weights).
 * x[B, T, D] → y[B, units], or y[B, T, units] with return_sequences; then h, c with return_state.
 * Source: keras/src/layers/rnn/lstm.py, tf_keras/layers/rnn/lstm.py; CuDNNLSTM: tf_keras/layers/rnn/cudnn_lstm.py.
 */
import { layer } from "../define.ts";
import { floatsIn } from "../common/dtypes.ts";
import { cellConfig, recurrent, recurrentFields, recurrentMask, timeMajor } from "./shared/recurrent.ts";
import { isCudnnInTree, keras1Recurrent, keras2Recurrent } from "./shared/recurrent-dialects.ts";
import { lstmCellOptions, lstmOptions } from "./shared/recurrent-options.ts";

export const lstm = layer({
  class: "LSTM",
  takes: floatsIn("tf-keras"),
  names: ["CuDNNLSTM", "UnifiedLSTM"],
  args: ["sequences", "initial_state", "mask"],
  calls: { furtherInputs: "initial_state" },
  config: { ...recurrentFields, ...timeMajor, ...lstmOptions },
  dialects: { keras1: keras1Recurrent, keras2: keras2Recurrent },
  writing: { unread: isCudnnInTree },
  children: {
    cell: { config: (_c, options) => cellConfig("LSTMCell", "lstm_cell", lstmCellOptions, options), otherPaths: [""] },
  },
  mask: recurrentMask,
  forward: (cx, c, _w, x, kw) => recurrent(cx, c, x, kw),
});
