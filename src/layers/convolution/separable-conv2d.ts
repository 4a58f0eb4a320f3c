/**
 * Each channel convolved alone, then all mixed at each place: activation(depthwise(x) · pointwise + bias).
 * x[B, H, W, C] → y[B, …, filters], or channels first.
 * depthwise_kernel[...kernel_size, C, m], pointwise_kernel[...1, C · m, filters], bias[filters]; m = depth_multiplier.
 * Source: keras/src/layers/convolutional/separable_conv2d.py, base_separable_conv.py.
 */
import { layer } from "../define.ts";
import { activate, needRank } from "../common/checks.ts";
import { convDialects, storedSeparable } from "../common/convolution-dialects.ts";
import { depthwise, pointwise, separableFields, separableWeights } from "../common/convolution.ts";

export const separableConv2d = layer({
  class: "SeparableConv2D",
  names: ["SeparableConvolution2D"],
  config: separableFields(2),
  weights: separableWeights,
  dialects: { keras1: convDialects(2).keras1 },
  stored: storedSeparable,
  forward(cx, c, w, [x]) {
    needRank(x!, 4);
    const y = depthwise(cx, x!, w.depthwise_kernel, undefined, c);
    return activate(cx, pointwise(cx, y, w.pointwise_kernel, w.bias, c), c.activation);
  },
});
