/**
 * y = activation(x ∗ kernel + bias), the cross-correlation over one spatial axis.
 * x[B, T, C] → y[B, …, filters], or channels first. kernel[...kernel_size, C / groups, filters], bias[filters].
 * Source: keras/src/layers/convolutional/conv1d.py, base_conv.py.
 */
import { layer } from "../define.ts";
import { activate, needRank } from "../common/checks.ts";
import { convDialects, storedConv } from "../common/convolution-dialects.ts";
import { convAttrs, convFields, convWeights } from "../common/convolution.ts";

export const conv1d = layer({
  class: "Conv1D",
  names: ["Convolution1D", "AtrousConvolution1D"],
  config: convFields(1),
  weights: convWeights,
  dialects: convDialects(1),
  stored: storedConv,
  forward(cx, c, w, [x]) {
    needRank(x!, 3);
    return activate(cx, cx.op.conv(x!, w.kernel, w.bias, convAttrs(c, c.groups)), c.activation);
  },
});
