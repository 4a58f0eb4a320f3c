/**
 * ConvLSTM1D, 2D, 3D: a convolutional LSTM over time, the loop of its cell (see ConvLSTMCell for the equation and the
 * weights). x[B, T, ...spatial, C], or channels after T, → y[B, ...spatial', filters], or y[B, T, …] with
 * return_sequences; then h, c with return_state.
 * Source: keras/src/layers/rnn/conv_lstm.py, conv_lstm1d.py, conv_lstm2d.py, conv_lstm3d.py,
 * tf_keras/layers/rnn/base_conv_lstm.py.
 */
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import { layer } from "../define.ts";
import { needBuilt } from "../common/built.ts";
import { theanoPadded } from "../common/convolution.ts";
import { floatsIn } from "../common/dtypes.ts";
import type { Rank } from "../common/spatial.ts";
import { convLstm, convLstmCellConfig, convLstmDialects, convLstmOptions } from "./shared/conv-lstm.ts";
import { recurrentMask } from "./shared/recurrent.ts";

const convLstmOf = (rank: Rank) =>
  layer({
    class: `ConvLSTM${rank}D`,
    takes: floatsIn("keras3", "tf-keras"),
    args: ["sequences", "initial_state", "mask"],
    calls: { furtherInputs: "initial_state" },
    config: convLstmOptions(rank),
    dialects: convLstmDialects(rank),
    children: { cell: { config: convLstmCellConfig } },
    mask: recurrentMask,
    writing: {
      // The axis of time is the first; three is as many as a layer pads.
      padded: (c) => {
        const pads = rank === 3 ? null : theanoPadded(c);
        return pads && [[0, 0], ...pads];
      },
    },
    forward(cx, c, _w, x, kw) {
      if (cx.semantics === "keras3" && x[0]!.shape.slice(2).includes(null))
        fail("unsupported/argument", {
          message: "Keras 3 takes images of known sizes only",
          found: showShape(x[0]!.shape),
        });
      if (cx.semantics === "keras3" || cx.semantics === "tf-keras") needBuilt(cx, [x[0]!], (axis) => axis > 1);
      return convLstm(cx, c, x, kw);
    },
  });

export const convLstm1d = convLstmOf(1);
export const convLstm2d = convLstmOf(2);
export const convLstm3d = convLstmOf(3);
