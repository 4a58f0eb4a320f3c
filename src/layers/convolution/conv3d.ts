/**
 * y = activation(x ∗ kernel + bias), the cross-correlation over three spatial axes.
 * x[B, D, H, W, C] → y[B, …, filters], or channels first. kernel[...kernel_size, C / groups, filters], bias[filters].
 * Source: keras/src/layers/convolutional/conv3d.py, base_conv.py.
 */
import { layer } from "../define.ts";
import { activate, needRank } from "../common/checks.ts";
import { convDialects, storedConv } from "../common/convolution-dialects.ts";
import { convAttrs, convFields, convWeights } from "../common/convolution.ts";

export const conv3d = layer({
  class: "Conv3D",
  names: ["Convolution3D"],
  config: convFields(3),
  weights: convWeights,
  dialects: convDialects(3),
  stored: storedConv,
  forward(cx, c, w, [x]) {
    needRank(x!, 5);
    return activate(cx, cx.op.conv(x!, w.kernel, w.bias, convAttrs(c, c.groups)), c.activation);
  },
});
