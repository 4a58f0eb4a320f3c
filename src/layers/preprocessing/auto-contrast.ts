/**
 * Every channel of every image stretched to the whole of value_range; what is no number then
 * (all values are equal, the range is empty) stays. No weights.
 * x[B, H, W, C] → y[B, H, W, C], as floats; also without the batch.
 * Source: keras/src/layers/preprocessing/image_preprocessing/auto_contrast.py.
 */
import type { Sym } from "../../ops/types.ts";
import { layer } from "../define.ts";
import { passedUnchanged } from "../common/masks.ts";
import { withImages } from "./shared/image-records.ts";
import { asBatch, imageFormat, rangeOf } from "./shared/images.ts";
import { valueRange } from "./shared/factors.ts";

export const autoContrast = layer({
  class: "AutoContrast",
  args: ["data"],
  config: { data_format: imageFormat, value_range: valueRange },
  mask: passedUnchanged,
  forward(cx, c, _w, _x, kw) {
    const { op } = cx;
    const range = rangeOf(cx, c.value_range);
    const stretched = (images: Sym): Sym => {
      const [bytes, back] = [range.toBytes(images), range.fromBytes];
      // Over these two axes wherever the channels are.
      const [low, high] = [op.min(bytes, [1, 2], true), op.max(bytes, [1, 2], true)];
      const scale = op.divide(255, op.subtract(high, low));
      const wide = op.add(op.multiply(bytes, scale), op.multiply(op.negative(low), scale));
      const y = back(op.minimum(op.maximum(wide, 0), 255));
      // NaN equals nothing; TensorFlow.js makes none of what is all equal.
      return op.where(op.less(low, high), op.where(op.equal(wide, wide), y, images), images);
    };
    return withImages(kw, (images) => asBatch(cx, op.cast(images, cx.compute), stretched));
  },
});
