/**
 * Each channel convolved alone, with depth_multiplier filters of its own.
 * x[B, H, W, C] → y[B, …, C · depth_multiplier], or channels first.
 * kernel[...kernel_size, C, depth_multiplier], bias[C · depth_multiplier].
 * Source: keras/src/layers/convolutional/depthwise_conv2d.py, base_depthwise_conv.py.
 */
import { layer } from "../define.ts";
import { activate, needRank } from "../common/checks.ts";
import { depthwise, depthwiseFields, depthwiseWeights } from "../common/convolution.ts";

export const depthwiseConv2d = layer({
  class: "DepthwiseConv2D",
  config: depthwiseFields(2),
  weights: depthwiseWeights,
  forward(cx, c, w, [x]) {
    needRank(x!, 4);
    return activate(cx, depthwise(cx, x!, w.kernel, w.bias, c), c.activation);
  },
});
