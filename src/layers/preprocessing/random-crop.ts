/**
 * Windows of images, at random in training only. When a model predicts, tf-keras resizes the largest window of the
 * result's shape; Keras 3 leaves the image as it is, whatever its `compute_output_shape` says. No weights.
 * x[B, H, W, C] → y[B, height, width, C] or y[B, H, W, C], as floats.
 * Source: keras/src/layers/preprocessing/image_preprocessing/random_crop.py,
 * tf_keras/layers/preprocessing/image_preprocessing.py.
 */
import { refuseTraining } from "../common/randomness.ts";
import { layer } from "../define.ts";
import { int, optional } from "../fields.ts";
import { passedUnchanged } from "../common/masks.ts";
import { asBatch, heightAndWidth, imageFormat, resized } from "./shared/images.ts";

export const randomCrop = layer({
  class: "RandomCrop",
  args: ["data"],
  config: { ...heightAndWidth, seed: optional(int()), data_format: imageFormat },
  dialects: { keras2: { ignore: ["rng_type"] } },
  mask: passedUnchanged,
  forward(cx, c, _w, [x]) {
    refuseTraining(cx, "random images");
    return asBatch(cx, cx.op.cast(x!, cx.compute), (images) =>
      cx.semantics === "keras3" ? images : resized(cx, images, c, { method: "bilinear", fit: "crop" }),
    );
  },
});
