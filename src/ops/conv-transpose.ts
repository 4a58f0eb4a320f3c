/**
 * Transposed convolution, kernel[...spatial, Cout, Cin]. Follows keras/src/backend/common/backend_utils.py
 * (`compute_conv_transpose_output_shape`) and tf.nn.conv_transpose: the gradient of the convolution that maps the output
 * back to the input. An output padding that TensorFlow refuses means what it means to Keras on JAX and PyTorch.
 */
import type { ConvTransposeAttrs } from "./attributes.ts";
import type { PrimitiveRule } from "./define.ts";
import { floats } from "./dtypes.ts";
import { agree, checkRank, refuseShapes } from "./shapes.ts";
import { arrange, channelsOf, extent, spatialOf, onThreeAxes, type Window, type Windows } from "./window.ts";

function outputLength(a: ConvTransposeAttrs, axis: number, input: number, size: number): number {
  const stride = a.strides[axis]!;
  const covered = extent(size, a.dilation[axis]!);
  const extra = a.outputPadding?.[axis];
  if (a.padding === "valid") return (input - 1) * stride + covered + (extra ?? Math.max(covered, stride) - covered);
  return extra === undefined ? input * stride : (input - 1) * stride + (covered % 2) + extra;
}

/** The window of the spatial axis `axis` for an input of `input` and a kernel of `size` elements, see `transposedWindows`. */
export function transposedWindow(a: ConvTransposeAttrs, axis: number, input: number, size: number): Window {
  const [stride, dilation] = [a.strides[axis]!, a.dilation[axis]!];
  const output = outputLength(a, axis, input, size);
  const total = a.padding === "same" ? Math.max((input - 1) * stride + extent(size, dilation) - output, 0) : 0;
  return { input, output, size, stride, dilation, before: Math.floor(total / 2) };
}

/**
 * The spatial axes of a transposed convolution of x, on 3 axes: windows over the output, one for each element of the input;
 * the first starts `before` the output.
 */
export const transposedWindows = (a: ConvTransposeAttrs, x: readonly number[], kernel: readonly number[]): Windows =>
  onThreeAxes(spatialOf(x, a.layout).map((length, axis) => transposedWindow(a, axis, length, kernel[axis]!)));

/** x[B, ...spatial, C], or channels first, and kernel[...size, filters, C] → y[B, ...spatial', filters]. */
export const convTranspose: PrimitiveRule<"convTranspose"> = {
  takes: floats,
  shape({ x, kernel, bias }, a) {
    checkRank("convTranspose", x, 3, 5);
    const rank = x.length - 2;
    const lists = [a.strides, a.dilation, a.outputPadding ?? a.strides];
    if (kernel.length !== x.length || lists.some((list) => list.length !== rank))
      refuseShapes("convTranspose", `a kernel and options for ${rank} spatial axes`, x, kernel);
    if ([kernel.slice(0, rank), a.strides, a.dilation].flat().some((n) => n !== null && n < 1))
      refuseShapes("convTranspose", "sizes, strides and dilations of at least 1", x, kernel);
    const [cout, cin] = [kernel.at(-2)!, kernel.at(-1)!];
    if (!agree(channelsOf(x, a.layout), cin))
      refuseShapes("convTranspose", "as many channels as the kernel's last axis", x, kernel);
    if (bias !== null && (bias.length !== 1 || !agree(bias[0]!, cout)))
      refuseShapes("convTranspose", "a bias of one number a filter", kernel, bias);
    const spatial = spatialOf(x, a.layout).map((length, axis) => {
      const size = kernel[axis]!;
      if (length === null || size === null) return null;
      return Math.max(outputLength(a, axis, length, size), 0);
    });
    return { y: arrange(a.layout, x[0]!, spatial, cout) };
  },
};
