/**
 * The middle of an image; of one that is too small the largest window of the result's shape, resized to it. No weights.
 * x[B, H, W, C] → y[B, height, width, C], or channels first, in the layer's dtype; also without the batch.
 * Source: keras/src/layers/preprocessing/image_preprocessing/center_crop.py, keras/src/utils/image_utils.py
 * (`smart_resize`), tf_keras/layers/preprocessing/image_preprocessing.py.
 */
import { spatialAxes } from "../common/spatial.ts";
import { layer } from "../define.ts";
import { asBatch, heightAndWidth, imageFormat, resized } from "./shared/images.ts";

export const centerCrop = layer({
  class: "CenterCrop",
  args: ["data"],
  config: { ...heightAndWidth, data_format: imageFormat },
  forward: (cx, c, _w, [x]) =>
    asBatch(cx, cx.op.cast(x!, cx.compute), (images) => {
      const [height, width] = spatialAxes(c.data_format, 4).map((axis) => images.shape[axis] ?? Infinity) as [number, number]; // prettier-ignore
      // What Keras 3 resizes TensorFlow gives it in float32, whatever the policy.
      const isWide = cx.semantics === "keras3" && (height < c.height || width < c.width);
      const y = resized(cx, isWide ? cx.op.cast(images, "float32") : images, c, { method: "bilinear", fit: "center" });
      return isWide ? y : cx.op.cast(y, cx.compute);
    }),
});
