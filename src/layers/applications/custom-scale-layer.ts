/**
 * InceptionResNetV2's residual sum: y = x0 + x1 · scale. x0, x1[B, …] → y[B, …]. No weights.
 * Source: keras/src/applications/inception_resnet_v2.py, tf_keras/src/applications/inception_resnet_v2.py.
 */
import { needTwo } from "../common/merge.ts";
import { floatsIn } from "../common/dtypes.ts";
import { layer } from "../define.ts";
import { float } from "../fields.ts";

export const customScaleLayer = layer({
  class: "CustomScaleLayer",
  names: ["Custom>CustomScaleLayer"],
  module: "keras.src.applications.inception_resnet_v2",
  config: { scale: float() },
  takes: floatsIn("keras3", "tf-keras"),
  forward(cx, c, _w, x) {
    const [x0, x1] = needTwo(x);
    return cx.op.add(x0, cx.op.multiply(x1, c.scale));
  },
});
