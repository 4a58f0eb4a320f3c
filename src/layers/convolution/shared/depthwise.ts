/**
 * Convolutions of each channel alone.
 * Source: keras/src/layers/convolutional/base_depthwise_conv.py, base_separable_conv.py.
 */
import type { Shape, Sym } from "../../../ops/types.ts";
import type { Context, WeightDecl } from "../../define.ts";
import { biasedConv } from "../../common/bias-add.ts";
import { convAttrs, type ConvWindow } from "../../common/convolution.ts";
import { channelCount, type DataFormat } from "../../common/spatial.ts";

interface DepthwiseConfig {
  readonly kernel_size: readonly number[];
  readonly data_format: DataFormat;
  readonly depth_multiplier: number;
}

/** kernel[...kernel_size, C, depth_multiplier]. */
export const depthwiseKernel: WeightDecl<DepthwiseConfig> = {
  shape: (c, [x]) => [...c.kernel_size, channelCount(c.data_format, x), c.depth_multiplier],
  init: "depthwise_initializer",
};

/** C · depth_multiplier: the channels that come out. */
export function depthwiseChannels(c: DepthwiseConfig, x: Shape | undefined): number | null {
  const channels = channelCount(c.data_format, x);
  return channels === null ? null : channels * c.depth_multiplier;
}

/** Each channel convolved alone: kernel[...k, C, m] as that of C groups, [...k, 1, C·m]. */
export function depthwise(cx: Context, x: Sym, kernel: Sym, bias: Sym | undefined, c: ConvWindow): Sym {
  const [channels, multiplier] = [kernel.shape.at(-2)!, kernel.shape.at(-1)!];
  const grouped = cx.op.reshape(kernel, [...c.kernel_size, 1, channels * multiplier]);
  return biasedConv(cx, bias ?? null, c.data_format === "channels_first", (b) =>
    cx.op.conv(x, grouped, b, convAttrs(c, channels)),
  );
}
