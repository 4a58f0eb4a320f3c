/**
 * Cuts off the beginning and the end of each spatial axis; no weights.
 * x[B, D, H, W, C] → y[B, …, C], or channels first.
 * Source: keras/src/layers/reshaping/cropping3d.py.
 */
import { layer } from "../define.ts";
import { dataFormat, pairs } from "../fields.ts";
import { crop, paddingDialects } from "./shared/padding.ts";

export const cropping3d = layer({
  class: "Cropping3D",
  config: { cropping: pairs(3, 1), data_format: dataFormat() },
  dialects: paddingDialects(3),
  forward: (cx, c, _w, [x]) => crop(cx, x!, c.cropping, c.data_format),
});
