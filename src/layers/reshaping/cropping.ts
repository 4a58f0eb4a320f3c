/**
 * Cropping1D, 2D, 3D: cuts off the beginning and the end of each spatial axis; no weights.
 * x[B, ...spatial, C] → y[B, ...spatial', C], or, but in one dimension, channels first.
 * Source: keras/src/layers/reshaping/cropping1d.py, cropping2d.py, cropping3d.py.
 */
import { layer } from "../define.ts";
import { dataFormat, ints, pairs } from "../fields.ts";
import { crop, paddingDialects } from "./shared/padding.ts";

export const cropping1d = layer({
  class: "Cropping1D",
  config: { cropping: ints(2, { min: 0, default: 1 }) },
  forward: (cx, c, _w, [x]) => crop(cx, x!, [[c.cropping[0]!, c.cropping[1]!]], "channels_last"),
});

const cropping = (rank: 2 | 3, initial: number) =>
  layer({
    class: `Cropping${rank}D`,
    config: { cropping: pairs(rank, initial), data_format: dataFormat() },
    dialects: paddingDialects(rank),
    forward: (cx, c, _w, [x]) => crop(cx, x!, c.cropping, c.data_format),
  });

export const cropping2d = cropping(2, 0);
export const cropping3d = cropping(3, 1);
