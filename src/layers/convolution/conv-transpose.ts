/**
 * Conv1DTranspose, Conv2DTranspose, Conv3DTranspose, the gradient of a convolution as a layer: each element of x spreads
 * over a window of y. x[B, ...spatial, C] → y[B, ...spatial', filters], or channels first; each length about strides
 * times as long. kernel[...kernel_size, filters, C], bias[filters].
 * Source: keras/src/layers/convolutional/base_conv_transpose.py, conv1d_transpose.py, conv2d_transpose.py,
 * conv3d_transpose.py.
 */
import { layer } from "../define.ts";
import { activate, needRank } from "../common/checks.ts";
import { convDialects, storedConv } from "../common/convolution-dialects.ts";
import type { Rank } from "../common/spatial.ts";
import { convTranspose, transposeOptions, transposeWeights } from "./shared/transpose.ts";

const convTransposed = (rank: Rank) =>
  layer({
    class: `Conv${rank}DTranspose`,
    names: [`Convolution${rank}DTranspose`],
    config: transposeOptions(rank),
    weights: transposeWeights,
    dialects: { keras2: convDialects(rank).keras2 },
    stored: storedConv,
    writing: { linearInto: { activation: { kernel: "all", bias: "all" } } },
    forward(cx, c, w, [x]) {
      needRank(x!, rank + 2);
      return activate(cx, convTranspose(cx, x!, w.kernel, w.bias, c), c.activation);
    },
  });

export const conv1dTranspose = convTransposed(1);
export const conv2dTranspose = convTransposed(2);
export const conv3dTranspose = convTransposed(3);
