/**
 * The gradient of a convolution as a layer: each element of x spreads over a window of y.
 * x[B, D, H, W, C] → y[B, …, filters], or channels first; each length about strides times as long.
 * kernel[...kernel_size, filters, C], bias[filters].
 * Source: keras/src/layers/convolutional/conv3d_transpose.py, base_conv_transpose.py.
 */
import { layer } from "../define.ts";
import { activate, needRank } from "../common/checks.ts";
import { convDialects, storedConv } from "../common/convolution-dialects.ts";
import { convTranspose, transposeFields, transposeWeights } from "../common/convolution.ts";

export const conv3dTranspose = layer({
  class: "Conv3DTranspose",
  names: ["Convolution3DTranspose"],
  config: transposeFields(3),
  weights: transposeWeights,
  dialects: { keras2: convDialects(3).keras2 },
  stored: storedConv,
  forward(cx, c, w, [x]) {
    needRank(x!, 5);
    return activate(cx, convTranspose(cx, x!, w.kernel, w.bias, c), c.activation);
  },
});
