/**
 * DepthwiseConv1D, DepthwiseConv2D: each channel convolved alone, with m = depth_multiplier filters of its own.
 * x[B, ...spatial, C] → y[B, ...spatial', C · m], or channels first. kernel[...kernel_size, C, m], bias[C · m].
 * Source: keras/src/layers/convolutional/base_depthwise_conv.py, depthwise_conv1d.py, depthwise_conv2d.py.
 */
import { layer } from "../define.ts";
import { activation, bool, int } from "../fields.ts";
import { activate, needRank } from "../common/checks.ts";
import { causalPadded, windowOptions } from "../common/convolution.ts";
import type { Rank } from "../common/spatial.ts";
import { constraints, initializers, regularizers } from "../common/weight-options.ts";
import { depthwise, depthwiseChannels, depthwiseKernel } from "./shared/depthwise.ts";

const depthwiseConv = (rank: Exclude<Rank, 3>) =>
  layer({
    class: `DepthwiseConv${rank}D`,
    config: {
      depth_multiplier: int({ min: 1, default: 1 }),
      ...windowOptions(rank),
      activation: activation("linear"),
      use_bias: bool(true),
      ...initializers({ depthwise: "GlorotUniform", bias: "Zeros" }),
      ...regularizers("depthwise", "bias", "activity"),
      ...constraints("depthwise", "bias"),
    },
    weights: {
      kernel: { ...depthwiseKernel, olderNames: ["depthwise_kernel"] },
      bias: { when: (c) => c.use_bias, shape: (c, [x]) => [depthwiseChannels(c, x)], init: "bias_initializer" },
    },
    writing: { padded: causalPadded, linearInto: { activation: { kernel: "all", bias: "all" } } },
    forward(cx, c, w, [x]) {
      needRank(x!, rank + 2);
      return activate(cx, depthwise(cx, x!, w.kernel, w.bias, c), c.activation);
    },
  });

export const depthwiseConv1d = depthwiseConv(1);
export const depthwiseConv2d = depthwiseConv(2);
