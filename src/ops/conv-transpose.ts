/**
 * Transposed convolution, kernel[...spatial, Cout, Cin]. Follows keras/src/backend/common/backend_utils.py
 * (`compute_conv_transpose_output_shape`) and tf.nn.conv_transpose: the gradient of the convolution that maps the output
 * back to the input. An output padding that TensorFlow refuses means what it means to Keras on JAX and PyTorch.
 */
import type { ConvTransposeAttrs } from "./attributes.ts";
import { addBias } from "./conv.ts";
import type { PrimitiveRule } from "./define.ts";
import { floats } from "./dtypes.ts";
import { gemm } from "./gemm.ts";
import { agree, checkRank, refuseShapes } from "./shapes.ts";
import { arrange, channelsOf, extent, spatialOf, onThreeAxes, stepsOf, type Window, type Windows } from "./window.ts";

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

/** Where each tap of each input index falls along one axis; -1 outside. */
function landings({ input, output, size, stride, dilation, before }: Window): Int32Array {
  const table = new Int32Array(input * size);
  for (let i = 0; i < input; i++) {
    for (let t = 0; t < size; t++) {
      const at = i * stride + t * dilation - before;
      table[i * size + t] = at < output ? Math.max(at, -1) : -1;
    }
  }
  return table;
}

/** Input positions whose products with the kernel are held at a time. */
const AT_ONCE = 64;

const run: PrimitiveRule<"convTranspose">["run"] = ({ x, kernel, bias }, a, { y: out }) => {
  const axes = transposedWindows(a, x.shape, kernel.shape);
  const [d, h, w] = axes;
  const [cin, cout] = [channelsOf(x.shape, a.layout), kernel.shape.at(-2)!];
  const from = stepsOf(a.layout, [d.input, h.input, w.input], cin);
  const to = stepsOf(a.layout, [d.output, h.output, w.output], cout);
  const [zs, ys, xs] = axes.map(landings) as [Int32Array, Int32Array, Int32Array];
  const columns = d.size * h.size * w.size * cout;
  const held = Math.min(AT_ONCE, w.input);
  const row = new Float64Array(held * cin);
  const spread = new Float64Array(held * columns);
  const target = { data: spread, offset: 0, rowStride: columns, columnStride: 1 };

  /** Adds the products of the positions from k0 on, all of one line, to where their taps fall. */
  const scatter = (n: number, i: number, j: number, k0: number, count: number): void => {
    for (let tz = 0; tz < d.size; tz++) {
      const z = zs[i * d.size + tz]!;
      for (let ty = 0; ty < h.size && z >= 0; ty++) {
        const y = ys[j * h.size + ty]!;
        if (y < 0) continue;
        const base = n * to.batch + z * to.spatial[0] + y * to.spatial[1];
        const tap = (tz * h.size + ty) * w.size;
        for (let k = 0; k < count; k++) {
          for (let tx = 0; tx < w.size; tx++) {
            const at = xs[(k0 + k) * w.size + tx]!;
            if (at < 0) continue;
            const source = k * columns + (tap + tx) * cout;
            const goal = base + at * to.position;
            for (let c = 0; c < cout; c++) out.data[goal + c * to.channel]! += spread[source + c]!;
          }
        }
      }
    }
  };

  for (let line = 0; line < x.shape[0]! * d.input * h.input; line++) {
    const j = line % h.input;
    const i = Math.floor(line / h.input) % d.input;
    const n = Math.floor(line / (h.input * d.input));
    const start = n * from.batch + i * from.spatial[0] + j * from.spatial[1];
    for (let k0 = 0; k0 < w.input; k0 += AT_ONCE) {
      const count = Math.min(AT_ONCE, w.input - k0);
      for (let k = 0; k < count; k++) {
        for (let c = 0; c < cin; c++) row[k * cin + c] = x.data[start + (k0 + k) * from.position + c * from.channel]!;
      }
      gemm(row, 0, kernel.data, 0, target, count, columns, cin);
      scatter(n, i, j, k0, count);
    }
  }
  if (bias !== null) addBias(out, bias, a.layout);
};

/** x[B, ...spatial, C], or channels first, and kernel[...size, filters, C] → y[B, ...spatial', filters]. */
export const convTranspose: PrimitiveRule<"convTranspose"> = {
  takes: floats,
  shape({ x, kernel, bias }, a) {
    checkRank("convTranspose", x, 3, 5);
    const rank = x.length - 2;
    const lists = [a.strides, a.dilation, a.outputPadding ?? a.strides];
    if (kernel.length !== x.length || lists.some((list) => list.length !== rank))
      refuseShapes("convTranspose", `a kernel and options for ${rank} spatial axes`, x, kernel);
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
  run,
};
