/**
 * A convolutional LSTM over time: the loop of its cell (see ConvLSTMCell for the equation and the weights).
 * x[B, T, D, H, W, C], or channels after T, → y[B, …, filters], or y[B, T, …] with return_sequences; then h, c with
 * return_state. Source: keras/src/layers/rnn/conv_lstm3d.py, tf_keras/layers/rnn/conv_lstm3d.py.
 */
import { layer } from "../define.ts";
import { floatsIn } from "../common/dtypes.ts";
import { convLstm, convLstmCellConfig, convLstmDialects, convLstmOptions } from "./shared/conv-lstm.ts";
import { recurrentMask } from "./shared/recurrent.ts";

export const convLstm3d = layer({
  class: "ConvLSTM3D",
  takes: floatsIn("keras3", "tf-keras"),
  args: ["sequences", "initial_state", "mask"],
  furtherInputs: "initial_state",
  config: convLstmOptions(3),
  dialects: convLstmDialects(3),
  children: { cell: convLstmCellConfig },
  mask: recurrentMask,
  forward: (cx, c, _w, x, kw) => convLstm(cx, c, x, kw),
});
