/**
 * Conv1D, Conv2D, Conv3D: y = activation(x ∗ kernel + bias), the cross-correlation over the spatial axes.
 * x[B, ...spatial, C] → y[B, ...spatial', filters], or channels first.
 * kernel[...kernel_size, C / groups, filters], bias[filters].
 * Source: keras/src/layers/convolutional/base_conv.py, conv1d.py, conv2d.py, conv3d.py.
 */
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import type { Shape } from "../../ops/types.ts";
import { layer } from "../define.ts";
import { int } from "../fields.ts";
import { activate, needRank } from "../common/checks.ts";
import { convDialects, storedConv } from "../common/convolution-dialects.ts";
import { convAttrs, theanoPadded, windowOptions } from "../common/convolution.ts";
import { channelsOf, type DataFormat, type Rank } from "../common/spatial.ts";
import { kernelAndBias } from "../common/weight-options.ts";

/** The channels of x that one filter of a group sees. */
function perGroup(c: { readonly groups: number; readonly data_format: DataFormat }, x: Shape | undefined) {
  const channels = channelsOf(c.data_format, x);
  if (channels !== null && channels % c.groups !== 0)
    fail("mismatch/shape", { expected: `channels that ${c.groups} groups divide`, found: showShape(x!) });
  return channels === null ? null : channels / c.groups;
}

const conv = (rank: Rank) =>
  layer({
    class: `Conv${rank}D`,
    names: [`Convolution${rank}D`, ...(rank < 3 ? [`AtrousConvolution${rank}D`] : [])],
    config: {
      filters: int({ min: 1 }),
      ...windowOptions(rank),
      groups: int({ min: 1, default: 1 }),
      ...kernelAndBias,
    },
    weights: {
      kernel: { shape: (c, [x]) => [...c.kernel_size, perGroup(c, x), c.filters], init: "kernel_initializer" },
      bias: { when: (c) => c.use_bias, shape: (c) => [c.filters], init: "bias_initializer" },
    },
    dialects: convDialects(rank),
    stored: storedConv,
    writing: { padded: theanoPadded },
    forward(cx, c, w, [x]) {
      needRank(x!, rank + 2);
      return activate(cx, cx.op.conv(x!, w.kernel, w.bias, convAttrs(c, c.groups)), c.activation);
    },
  });

export const conv1d = conv(1);
export const conv2d = conv(2);
export const conv3d = conv(3);
