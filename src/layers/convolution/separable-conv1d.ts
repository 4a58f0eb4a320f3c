/**
 * Each channel convolved alone, then all mixed at each place: activation(depthwise(x) · pointwise + bias).
 * x[B, T, C] → y[B, …, filters], or channels first.
 * depthwise_kernel[...kernel_size, C, m], pointwise_kernel[...1, C · m, filters], bias[filters]; m = depth_multiplier.
 * Source: keras/src/layers/convolutional/separable_conv1d.py, base_separable_conv.py.
 */
import { layer } from "../define.ts";
import { activate, needRank } from "../common/checks.ts";
import { depthwise, pointwise, separableFields, separableWeights } from "../common/convolution.ts";

export const separableConv1d = layer({
  class: "SeparableConv1D",
  config: separableFields(1),
  weights: separableWeights,
  forward(cx, c, w, [x]) {
    needRank(x!, 3);
    const y = depthwise(cx, x!, w.depthwise_kernel, undefined, c);
    return activate(cx, pointwise(cx, y, w.pointwise_kernel, w.bias, c), c.activation);
  },
});
