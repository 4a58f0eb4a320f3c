/**
 * Gated recurrent units over time: the loop of their cell (see GRUCell for the equation and the weights).
 * x[B, T, D] → y[B, units], or y[B, T, units] with return_sequences; then h with return_state.
 * Source: keras/src/layers/rnn/gru.py, tf_keras/layers/rnn/gru.py; CuDNNGRU: tf_keras/layers/rnn/cudnn_gru.py.
 */
import { layer } from "../define.ts";
import { floatsIn } from "../common/dtypes.ts";
import { cellConfig, recurrent, recurrentFields, recurrentMask, timeMajor } from "./shared/recurrent.ts";
import { isCudnnInTree, keras1Recurrent, keras2Recurrent } from "./shared/recurrent-dialects.ts";
import { gruCellOptions, gruOptions } from "./shared/recurrent-options.ts";

export const gru = layer({
  class: "GRU",
  takes: floatsIn("tf-keras"),
  names: ["CuDNNGRU", "UnifiedGRU"],
  args: ["sequences", "initial_state", "mask"],
  calls: { furtherInputs: "initial_state" },
  config: { ...recurrentFields, ...timeMajor, ...gruOptions },
  dialects: { keras1: keras1Recurrent, keras2: keras2Recurrent },
  writing: { unread: isCudnnInTree },
  children: {
    cell: { config: (_c, options) => cellConfig("GRUCell", "gru_cell", gruCellOptions, options), otherPaths: [""] },
  },
  mask: recurrentMask,
  forward: (cx, c, _w, x, kw) => recurrent(cx, c, x, kw),
});
