/**
 * One step of a convolutional LSTM, gates i, f, c, o along the channels:
 *   i, f, o = recurrent_activation(conv(x, kernel) + bias + conv(h, recurrent_kernel)), g = activation(…)
 *   c' = f*c + i*g,  h' = o * activation(c')
 * The convolution of h has stride 1 and keeps its size. x[B, …spatial, C], or channels first, → h', c' with `filters`
 * channels. kernel[…kernel_size, C, 4*filters], recurrent_kernel[…kernel_size, filters, 4*filters], bias[4*filters].
 * Source: keras/src/layers/rnn/conv_lstm.py (ConvLSTMCell).
 */
import { fromLstmGates } from "../../ops/cells.ts";
import { recurrentConv } from "../../ops/conv-lstm-cell.ts";
import { cell } from "../define.ts";
import { checkActivation } from "../common/activation-spec.ts";
import { dropsGates, gateProducts, gatesOf, gateSums } from "./shared/dropped-gates.ts";
import { convLstmCellOptions, storedConvLstm } from "./shared/conv-lstm.ts";
import { convAttrs } from "../common/convolution.ts";
import { channelAxis, channelCount } from "../common/spatial.ts";

/** Columns of the gates i, f and o; those of c feed the other activation. */
const gates = (c: { readonly filters: number }) =>
  [
    [0, 2 * c.filters],
    [3 * c.filters, 4 * c.filters],
  ] as const;

export const convLstmCell = cell({
  class: "ConvLSTMCell",
  args: ["inputs", "states"],
  module: "keras.src.layers.rnn.conv_lstm",
  config: convLstmCellOptions,
  weights: {
    kernel: {
      shape: (c, [x]) => [...c.kernel_size, channelCount(c.data_format, x), 4 * c.filters],
      init: "kernel_initializer",
    },
    recurrent_kernel: {
      shape: (c) => [...c.kernel_size, c.filters, 4 * c.filters],
      init: "recurrent_initializer",
    },
    bias: { when: (c) => c.use_bias, shape: (c) => [4 * c.filters], init: "bias_initializer" },
  },
  stored: storedConvLstm,
  writing: { linearInto: { recurrent_activation: { kernel: gates, recurrent_kernel: gates, bias: gates } } },
  states(cx, c, w, x) {
    const z = cx.op.conv(x, w.kernel, w.bias, convAttrs(c, 1));
    const channels = channelAxis(c.data_format, z.shape.length);
    const shape = z.shape.map((_, axis) =>
      axis === 0 ? cx.size(x, 0) : axis === channels ? c.filters : cx.size(z, axis),
    );
    return [shape, shape];
  },
  step(cx, c, w, x, [h, carry]) {
    const ones = c.kernel_size.map(() => 1);
    const recurrent = convAttrs({ ...c, strides: ones, dilation_rate: ones, padding: c.recurrent_padding }, 1);
    const functions = {
      activation: checkActivation(c.activation),
      recurrentActivation: checkActivation(c.recurrent_activation),
    };
    const attrs = { ...functions, conv: convAttrs(c, 1), recurrentPadding: recurrent.padding };
    if (dropsGates(cx, c.dropout, c.recurrent_dropout)) {
      const bias = w.bias && gatesOf(cx, w.bias, c.filters, 4);
      const [kernels, states] = [w.kernel, w.recurrent_kernel].map((kernel) => gatesOf(cx, kernel, c.filters, 4));
      const left = gateProducts(cx, x, c.dropout, kernels!, (a, k, i) => cx.op.conv(a, k, bias?.[i], attrs.conv));
      const conv = recurrentConv(attrs);
      const right = gateProducts(cx, h!, c.recurrent_dropout, states!, (a, k) => cx.op.conv(a, k, undefined, conv));
      const next = fromLstmGates(cx.op, gateSums(cx, [left, right], undefined, c.filters), carry!, functions);
      return { y: next.h, states: [next.h, next.c] };
    }
    const [y, next] = cx.op.convLstmCell(x, h!, carry!, w.kernel, w.recurrent_kernel, w.bias, attrs);
    return { y, states: [y, next] };
  },
});
