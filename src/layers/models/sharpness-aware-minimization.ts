/**
 * tf.keras's model that is trained towards flat minima: when it predicts, the model inside, whose weights it has. Gone in
 * Keras 3. Source: tf_keras/models/sharpness_aware_minimization.py.
 */
import { layer } from "../define.ts";
import { float, int, optional } from "../fields.ts";
import { layerField } from "../layer-fields.ts";
import { builtInputs } from "../common/model-inputs.ts";
import { refuseTraining } from "../common/randomness.ts";
import { callInner } from "../common/wrapper.ts";

export const sharpnessAwareMinimization = layer({
  class: "SharpnessAwareMinimization",
  names: ["Custom>SharpnessAwareMinimization"],
  module: "keras.models.experimental",
  until: "keras2",
  config: { model: layerField(), rho: float(0.05), num_batch_splits: optional(int()) },
  children: { model: "option" },
  mask: (_cx, _c, _masks, _x, y) => y.map((s) => s.mask),
  forward(cx, _c, _w, x) {
    refuseTraining(cx, "steps towards the sharpest loss");
    return callInner(cx, cx.child("model"), x.length === 1 ? x : [x]);
  },
  inputs(node) {
    const inside = node.children.get("model")?.[0];
    const own = inside?.def?.kind === "layer" ? inside.def.inputs?.(inside) : undefined;
    return own ?? builtInputs(node, 1);
  },
});
