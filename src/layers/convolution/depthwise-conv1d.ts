/**
 * Each channel convolved alone, with depth_multiplier filters of its own.
 * x[B, T, C] → y[B, …, C · depth_multiplier], or channels first.
 * kernel[...kernel_size, C, depth_multiplier], bias[C · depth_multiplier].
 * Source: keras/src/layers/convolutional/depthwise_conv1d.py, base_depthwise_conv.py.
 */
import { layer } from "../define.ts";
import { activate, needRank } from "../common/checks.ts";
import { depthwise, depthwiseFields, depthwiseWeights } from "../common/convolution.ts";

export const depthwiseConv1d = layer({
  class: "DepthwiseConv1D",
  config: depthwiseFields(1),
  weights: depthwiseWeights,
  forward(cx, c, w, [x]) {
    needRank(x!, 3);
    return activate(cx, depthwise(cx, x!, w.kernel, w.bias, c), c.activation);
  },
});
