/**
 * y = activation(x ∗ kernel + bias), the cross-correlation over two spatial axes.
 * x[B, H, W, C] → y[B, …, filters], or channels first. kernel[...kernel_size, C / groups, filters], bias[filters].
 * Source: keras/src/layers/convolutional/conv2d.py, base_conv.py.
 */
import { layer } from "../define.ts";
import { activate, needRank } from "../common/checks.ts";
import { convDialects, storedConv } from "../common/convolution-dialects.ts";
import { convAttrs, convFields, convWeights } from "../common/convolution.ts";

export const conv2d = layer({
  class: "Conv2D",
  names: ["Convolution2D", "AtrousConvolution2D"],
  config: convFields(2),
  weights: convWeights,
  dialects: convDialects(2),
  stored: storedConv,
  forward(cx, c, w, [x]) {
    needRank(x!, 4);
    return activate(cx, cx.op.conv(x!, w.kernel, w.bias, convAttrs(c, c.groups)), c.activation);
  },
});
