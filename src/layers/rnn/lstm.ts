/**
 * Long short-term memory over time: the loop of its cell (see LSTMCell for the equation and the weights).
 * x[B, T, D] → y[B, units], or y[B, T, units] with return_sequences; then h, c with return_state.
 * Source: keras/src/layers/rnn/lstm.py, tf_keras/layers/rnn/lstm.py; CuDNNLSTM: tf_keras/layers/rnn/cudnn_lstm.py.
 */
import { layer } from "../define.ts";
import { lstmOptions } from "../shared/lstm-options.ts";
import { cellConfig, recurrent, recurrentFields, recurrentMask, timeMajor } from "../shared/recurrent.ts";
import { keras1Recurrent, keras2Recurrent } from "../shared/recurrent-dialects.ts";

export const lstm = layer({
  class: "LSTM",
  names: ["CuDNNLSTM"],
  args: ["sequences"],
  config: { ...lstmOptions, ...recurrentFields, ...timeMajor },
  dialects: { keras1: keras1Recurrent, keras2: keras2Recurrent },
  children: { cell: (_c, options) => cellConfig("LSTMCell", "lstm_cell", lstmOptions, options) },
  mask: recurrentMask,
  forward: (cx, c, _w, x, kw) => recurrent(cx, c, x, kw),
});
