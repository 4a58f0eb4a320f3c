/**
 * The transposed convolution of Keras 1, whose config fixes the size of y.
 * x[B, H, W, C] → y[B, rows, cols, filters], or channels first, as `output_shape` says.
 * kernel[...kernel_size, filters, C], bias[filters].
 * Source: keras 1.2.2 keras/layers/convolutional.py (Deconvolution2D), keras/backend/theano_backend.py (`deconv2d`).
 */
import { fail } from "../../core/error.ts";
import { layer } from "../define.ts";
import { lengths } from "../fields.ts";
import { activate, needRank } from "../common/checks.ts";
import { convDialects, storedTranspose } from "../common/convolution-dialects.ts";
import { biased, spatialPadding } from "../common/convolution.ts";
import { layoutOf, spatialAxes } from "../common/spatial.ts";
import { cropped, transposeOptions, transposeWeights } from "./shared/transpose.ts";

const { output_padding: _, ...options } = transposeOptions(2);

export const deconvolution2d = layer({
  class: "Deconvolution2D",
  until: "keras1",
  config: { ...options, padding: spatialPadding, output_shape: lengths() },
  weights: transposeWeights,
  dialects: { keras1: convDialects(2).keras1 },
  stored: storedTranspose,
  forward(cx, c, w, [x]) {
    needRank(x!, 4);
    const layout = layoutOf(c.data_format);
    const attrs = { layout, strides: c.strides, dilation: [1, 1], outputPadding: null, padding: "valid" } as const;
    const whole = cx.op.convTranspose(x!, w.kernel, undefined, attrs);
    const cuts = spatialAxes(c.data_format, 4).map((axis, i): readonly [number, number] => {
      const [n, length, k] = [x!.shape[axis] ?? null, c.output_shape[axis] ?? null, c.kernel_size[i]!];
      if (n === null || length === null) return fail("unsupported/output-shape", { expected: "fixed lengths" });
      const reach = (n - 1) * c.strides[i]! + k;
      const before = { valid: 0, half: Math.floor(k / 2), full: k - 1, same: Math.max(0, reach - length) >> 1 }[
        c.padding
      ];
      return [before, Math.max(reach, n * c.strides[i]!) - before - length];
    });
    return activate(cx, biased(cx, cropped(cx, whole, cuts, c.data_format), w.bias, c.data_format), c.activation);
  },
});
