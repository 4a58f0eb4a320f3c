/**
 * Cuts off the beginning and the end of each spatial axis; no weights.
 * x[B, H, W, C] → y[B, …, C], or channels first.
 * Source: keras/src/layers/reshaping/cropping2d.py.
 */
import { layer } from "../define.ts";
import { dataFormat, pairs } from "../fields.ts";
import { crop, paddingDialects } from "./shared/padding.ts";

export const cropping2d = layer({
  class: "Cropping2D",
  config: { cropping: pairs(2, 0), data_format: dataFormat() },
  dialects: paddingDialects(2),
  forward: (cx, c, _w, [x]) => crop(cx, x!, c.cropping, c.data_format),
});
