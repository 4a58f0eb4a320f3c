/**
 * The gradient of a convolution as a layer: each element of x spreads over a window of y.
 * x[B, T, C] → y[B, …, filters], or channels first; each length about strides times as long.
 * kernel[...kernel_size, filters, C], bias[filters].
 * Source: keras/src/layers/convolutional/conv1d_transpose.py, base_conv_transpose.py.
 */
import { layer } from "../define.ts";
import { activate, needRank } from "../common/checks.ts";
import { convDialects, storedConv } from "../common/convolution-dialects.ts";
import { convTranspose, transposeFields, transposeWeights } from "../common/convolution.ts";

export const conv1dTranspose = layer({
  class: "Conv1DTranspose",
  names: ["Convolution1DTranspose"],
  config: transposeFields(1),
  weights: transposeWeights,
  dialects: { keras2: convDialects(1).keras2 },
  stored: storedConv,
  forward(cx, c, w, [x]) {
    needRank(x!, 3);
    return activate(cx, convTranspose(cx, x!, w.kernel, w.bias, c), c.activation);
  },
});
