/** Convolution over 1 to 3 spatial axes, kernel[...spatial, Cin / groups, Cout]. Follows tf.nn.convolution. */
import type { ConvAttrs } from "./attributes.ts";
import type { PrimitiveRule } from "./define.ts";
import { floats } from "./dtypes.ts";
import { agree, refuseShapes } from "./shapes.ts";
import type { Shape } from "./types.ts";
import { arrange, channelsOf, type Slide, slideShape } from "./window.ts";

/** How the kernel slides. */
export function slideOf(kernel: Shape, a: ConvAttrs): Slide {
  return { ...a, size: kernel.slice(0, -2).map((n) => n ?? 1) };
}

/** x[B, ...spatial, C], or channels first, and kernel[...size, C / groups, filters] → y[B, ...spatial', filters]. */
export const conv: PrimitiveRule<"conv"> = {
  takes: floats,
  shape({ x, kernel, bias }, a) {
    if (kernel.length !== x.length) refuseShapes("conv", "a kernel of the rank of x", x, kernel);
    const spatial = slideShape("conv", x, a.layout, slideOf(kernel, a));
    const channels = channelsOf(x, a.layout);
    const [perGroup, cout] = [kernel.at(-2)!, kernel.at(-1)!];
    const divides = Number.isInteger(a.groups) && a.groups >= 1 && (cout === null || cout % a.groups === 0);
    if (!divides || !agree(channels, perGroup === null ? null : perGroup * a.groups))
      refuseShapes("conv", `channels in ${a.groups} groups of the kernel's`, x, kernel);
    if (channels === 0) refuseShapes("conv", "at least one channel", x, kernel);
    if (bias !== null && (bias.length !== 1 || !agree(bias[0]!, cout)))
      refuseShapes("conv", "a bias of one number a filter", kernel, bias);
    return { y: arrange(a.layout, x[0]!, spatial, cout) };
  },
};
