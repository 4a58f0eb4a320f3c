/**
 * SeparableConv1D, SeparableConv2D: each channel convolved alone, then all mixed at each place:
 * y = activation(depthwise(x) · pointwise + bias), m = depth_multiplier.
 * x[B, ...spatial, C] → y[B, ...spatial', filters], or channels first.
 * depthwise_kernel[...kernel_size, C, m], pointwise_kernel[...1, C · m, filters], bias[filters].
 * Source: keras/src/layers/convolutional/base_separable_conv.py, separable_conv1d.py, separable_conv2d.py.
 */
import type { Sym } from "../../ops/types.ts";
import { layer } from "../define.ts";
import { activation, bool, int } from "../fields.ts";
import { biasedConv } from "../common/bias-add.ts";
import { activate, needRank } from "../common/checks.ts";
import { convDialects, storedSeparable } from "../common/convolution-dialects.ts";
import { causalPadded, convAttrs, windowOptions } from "../common/convolution.ts";
import type { Rank } from "../common/spatial.ts";
import { constraints, initializers, regularizers } from "../common/weight-options.ts";
import { depthwise, depthwiseChannels, depthwiseKernel } from "./shared/depthwise.ts";

const separableConv = (rank: Exclude<Rank, 3>) =>
  layer({
    class: `SeparableConv${rank}D`,
    names: rank === 2 ? ["SeparableConvolution2D"] : [],
    config: {
      depth_multiplier: int({ min: 1, default: 1 }),
      filters: int({ min: 1 }),
      ...windowOptions(rank),
      activation: activation("linear"),
      use_bias: bool(true),
      ...initializers({ depthwise: "GlorotUniform", pointwise: "GlorotUniform", bias: "Zeros" }),
      ...regularizers("depthwise", "pointwise", "bias", "activity"),
      ...constraints("depthwise", "pointwise", "bias"),
    },
    weights: {
      depthwise_kernel: depthwiseKernel,
      pointwise_kernel: {
        shape: (c, [x]) => [...c.kernel_size.map(() => 1), depthwiseChannels(c, x), c.filters],
        init: "pointwise_initializer",
      },
      bias: { when: (c) => c.use_bias, shape: (c) => [c.filters], init: "bias_initializer" },
    },
    dialects: { keras1: convDialects(rank).keras1 },
    stored: storedSeparable,
    writing: { padded: causalPadded, linearInto: { activation: { pointwise_kernel: "all", bias: "all" } } },
    forward(cx, c, w, [x]) {
      needRank(x!, rank + 2);
      const y = depthwise(cx, x!, w.depthwise_kernel, undefined, c);
      const ones = c.kernel_size.map(() => 1);
      const mixing = convAttrs({ ...c, strides: ones, dilation_rate: ones, padding: "valid" }, 1);
      const conv = (bias: Sym | null): Sym => cx.op.conv(y, w.pointwise_kernel, bias, mixing);
      return activate(cx, biasedConv(cx, w.bias ?? null, c.data_format === "channels_first", conv), c.activation);
    },
  });

export const separableConv1d = separableConv(1);
export const separableConv2d = separableConv(2);
