/**
 * ConvNeXt's scale of a residual branch: y = x · gamma over the last axis. x[B, …, C] → y[B, …, C].
 * gamma[C], which Keras 3 gives no name.
 * Source: keras/src/applications/convnext.py, tf_keras/src/applications/convnext.py.
 */
import { floatsIn } from "../common/dtypes.ts";
import { layer } from "../define.ts";
import { float, int } from "../fields.ts";

export const layerScale = layer({
  class: "LayerScale",
  module: "keras.src.applications.convnext",
  config: { init_values: float(), projection_dim: int({ min: 1 }) },
  weights: { variable: { shape: (c) => [c.projection_dim], olderNames: ["gamma"] } },
  takes: (x, semantics) => (x[0] === "bool" ? null : floatsIn("tf-keras")(x, semantics)),
  // Of truths it is whether x holds and gamma does: a truth once its fraction is cut off.
  forward: ({ op }, _c, w, [x]) =>
    x!.dtype === "bool"
      ? op.logicalAnd(x!, op.logicalNot(op.less(op.abs(w.variable), 1)))
      : op.multiply(x!, w.variable),
});
