/**
 * Random features whose inner products are near those of a kernel: y = cos(x · kernel / scale + bias), in float32;
 * tf-keras alone has it.
 * x[B, D] → y[B, output_dim]. unscaled_kernel[D, output_dim], bias[output_dim], kernel_scale[1].
 * Source: tf_keras/layers/kernelized.py.
 */
import { layer } from "../define.ts";
import { float, int, json, optional } from "../fields.ts";
import { lastOf, needRank } from "../common/checks.ts";
import { floatsIn } from "../common/dtypes.ts";

export const randomFourierFeatures = layer({
  class: "RandomFourierFeatures",
  until: "keras2",
  writing: { ownDialect: true },
  takes: floatsIn("tf-keras"),
  config: { output_dim: int({ min: 1 }), kernel_initializer: json("gaussian"), scale: optional(float()) },
  weights: {
    unscaled_kernel: { shape: (c, [x]) => [lastOf(x), c.output_dim], trainable: false, dtype: "float32" },
    bias: { shape: (c) => [c.output_dim], trainable: false, dtype: "float32" },
    kernel_scale: { shape: () => [1], dtype: "float32" },
  },
  forward({ op }, _c, w, [x]) {
    needRank(x!, 2);
    const kernel = op.multiply(op.divide(1, w.kernel_scale), w.unscaled_kernel);
    return op.cos(op.add(op.matmul(op.cast(x!, "float32"), kernel), w.bias));
  },
});
