/**
 * Cuts off the beginning and the end of each spatial axis; no weights.
 * x[B, T, C] → y[B, …, C].
 * Source: keras/src/layers/reshaping/cropping1d.py.
 */
import { layer } from "../define.ts";
import { ints } from "../fields.ts";
import { crop } from "./shared/padding.ts";

export const cropping1d = layer({
  class: "Cropping1D",
  config: { cropping: ints(2, { min: 0, default: 1 }) },
  forward: (cx, c, _w, [x]) => crop(cx, x!, [[c.cropping[0]!, c.cropping[1]!]], "channels_last"),
});
