/**
 * Images in another size. crop_to_aspect_ratio: of the largest window in the middle with the result's shape;
 * pad_to_aspect_ratio: of the smallest around it, filled with fill_value. No weights.
 * x[B, H, W, C] → y[B, height, width, C], or channels first, as floats; also without the batch. Source: keras/src/layers/preprocessing/image_preprocessing/resizing.py,
 * keras/src/backend/tensorflow/image.py (`resize`), tf_keras/layers/preprocessing/image_preprocessing.py.
 */
import { isInteger } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { RESIZE_METHODS } from "../../ops/attributes.ts";
import type { Sym } from "../../ops/types.ts";
import { saturated } from "../common/saturated.ts";
import { spatialAxes } from "../common/spatial.ts";
import { layer } from "../define.ts";
import { bool, choice, float, keras3Only } from "../fields.ts";
import { withImages } from "./shared/image-records.ts";
import { asBatch, heightAndWidth, imageFormat, resized } from "./shared/images.ts";

export const resizing = layer({
  class: "Resizing",
  args: ["data"],
  config: {
    ...heightAndWidth,
    interpolation: choice(RESIZE_METHODS, "bilinear"),
    crop_to_aspect_ratio: bool(false),
    pad_to_aspect_ratio: keras3Only(bool(false)),
    fill_mode: keras3Only(choice(["constant"], "constant")),
    fill_value: keras3Only(float(0)),
    antialias: keras3Only(bool(false)),
    data_format: imageFormat,
  },
  forward(cx, c, _w, _x, kw) {
    const { op, semantics } = cx;
    const { interpolation: method, crop_to_aspect_ratio: crops, pad_to_aspect_ratio: pads } = c;
    if ((semantics === "keras3" && (method === "gaussian" || method === "mitchellcubic")) || (crops && pads))
      return fail("unsupported/interpolation", { found: crops && pads ? "crop and pad" : method });
    const how = { method, ...(c.antialias && { antialias: true as const }), ...((crops || pads) && { fit: crops ? ("crop" as const) : ("pad" as const) }) }; // prettier-ignore
    const axes = spatialAxes(c.data_format, 4);
    const one = (images: Sym): Sym => {
      const y = resized(cx, images, c, how);
      if (!pads || c.fill_value === 0) return y;
      const shape = images.shape.map((_, axis) => (axes.includes(axis) ? cx.size(images, axis) : 1));
      const kept = resized(cx, op.full(shape, 1, images.dtype), c, how);
      return op.add(y, op.multiply(op.subtract(1, kept), c.fill_value));
    };
    const compute = method === "nearest" && !pads ? cx.compute : "float32";
    const whole = (x: Sym): Sym =>
      asBatch(cx, semantics === "keras3" ? op.cast(x, cx.compute) : x, (images) => {
        const isSame = images.shape[axes[0]!] === c.height && images.shape[axes[1]!] === c.width;
        if (isSame && semantics === "keras3") return images;
        const y = one(op.cast(images, compute));
        return semantics === "keras3"
          ? saturated(cx, isInteger(cx.compute) ? op.round(y) : y, cx.compute)
          : op.cast(y, cx.compute);
      });
    // Of a dict Keras's models keep the first value alone.
    return withImages(kw, whole).slice(0, 1);
  },
});
