/**
 * One step of ConvLSTM1D, 2D and 3D, gates i f c o along the channels: kernel[...spatial, Cin, 4F], recurrent
 * [...spatial, F, 4F], bias[4F]. Follows keras/src/layers/rnn/conv_lstm.py, all gates in one convolution.
 */
import type { ConvAttrs, ConvLstmAttrs } from "./attributes.ts";
import { fromLstmGates, gate } from "./cells.ts";
import { conv } from "./conv.ts";
import type { CompositeRule } from "./define.ts";
import { floats } from "./dtypes.ts";
import { agree, refuseShapes } from "./shapes.ts";
import type { Shape } from "./types.ts";

/** The convolution of the state: same length, stride 1. */
export function recurrentConv({ conv: { layout, strides }, recurrentPadding }: ConvLstmAttrs): ConvAttrs {
  const ones = strides.map(() => 1);
  return { layout, strides: ones, dilation: ones, groups: 1, padding: recurrentPadding ?? "same" };
}

/** One step of a convolutional LSTM, gates i, f, c, o along the channels. */
export const convLstmCell: CompositeRule<"convLstmCell"> = {
  takes: floats,
  shape({ x, h, c, kernel, recurrent, bias }, a) {
    const left = conv.shape({ x, kernel, bias }, a.conv).y;
    const right = conv.shape({ x: h, kernel: recurrent, bias: null }, recurrentConv(a)).y;
    const same = (p: Shape, q: Shape) => p.length === q.length && p.every((n, i) => agree(n, q[i]!));
    if (!same(left, right) || !same(h, c))
      refuseShapes("convLstmCell", "a state of the shape of the convolved input", x, h, c);
    return { h, c };
  },
  expand(cx, { x, h, c, kernel, recurrent, bias }, a) {
    const { op } = cx;
    const z = op.add(op.conv(x, kernel, bias, a.conv), op.conv(h, recurrent, undefined, recurrentConv(a)));
    const axis = a.conv.layout === "first" ? 1 : z.shape.length - 1;
    const part = (index: number) => gate(cx, z, h, index, axis);
    return fromLstmGates(op, [0, 1, 2, 3].map(part), c, a);
  },
};
