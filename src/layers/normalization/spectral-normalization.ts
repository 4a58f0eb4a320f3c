/**
 * A layer whose kernel training divides by its largest singular value: when a model predicts, the layer itself. Keras 3
 * gives the result x's dtype again. vector_u[1, last length of the kernel], of the kernel's dtype; the other weights are the layer's.
 * Source: keras/src/layers/normalization/spectral_normalization.py,
 * tf_keras/layers/normalization/spectral_normalization.py.
 */
import { fail } from "../../core/error.ts";
import { layer } from "../define.ts";
import { int } from "../fields.ts";
import { layerField } from "../layer-fields.ts";
import { refuseTraining } from "../common/randomness.ts";
import { callInner } from "../common/wrapper.ts";

export const spectralNormalization = layer({
  class: "SpectralNormalization",
  config: { layer: layerField(), power_iterations: int({ min: 1, default: 1 }) },
  children: { layer: "option" },
  weights: {
    kernel: { shape: () => [], same: ["layer/kernel", "layer/embeddings"] },
    vector_u: {
      shape: () => [1, null],
      trainable: false,
      init: "TruncatedNormal",
      dtype: { ofWeight: "kernel" },
      unread: true,
    },
  },
  mask: (_cx, _c, _masks, _x, y) => y.map((s) => s.mask),
  forward(cx, _c, _w, x) {
    refuseTraining(cx, "power iterations");
    const y = callInner(cx, cx.child("layer"), x);
    const kernel = cx.node.weights.get("kernel")?.shape?.at(-1);
    if (kernel === undefined) return fail("malformed/config", { path: "layer", expected: "a layer with a kernel" });
    cx.build(cx.node, { vector_u: [1, kernel] });
    return cx.semantics === "keras3" ? y.map((s) => cx.op.cast(s, x[0]!.dtype)) : y;
  },
});
