/**
 * ConvNeXt's residual branch that training leaves out now and then, image by image: y = x when a model predicts. No weights.
 * Source: keras/src/applications/convnext.py, tf_keras/src/applications/convnext.py.
 */
import { layer } from "../define.ts";
import { float } from "../fields.ts";

export const stochasticDepth = layer({
  class: "StochasticDepth",
  module: "keras.src.applications.convnext",
  config: { drop_path_rate: float() },
  forward(cx, c, _w, [x]) {
    if (!cx.training) return x!;
    const { op } = cx;
    const kept = 1 - c.drop_path_rate;
    const shape = x!.shape.map((_, axis) => (axis === 0 ? cx.size(x!, 0) : 1));
    return op.multiply(op.divide(x!, kept), op.floor(op.add(cx.uniform(shape), kept)));
  },
});
