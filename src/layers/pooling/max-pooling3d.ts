/**
 * The largest number of each window, channel by channel; no weights.
 * x[B, D, H, W, C] → y[B, …, C], or channels first. Strides default to the pool size.
 * Source: keras/src/layers/pooling/max_pooling3d.py, base_pooling.py.
 */
import { layer } from "../define.ts";
import { pool, poolDialects, poolFields } from "./shared/pooling.ts";

export const maxPooling3d = layer({
  class: "MaxPooling3D",
  names: ["MaxPool3D"],
  config: poolFields(3),
  dialects: poolDialects(3, "max"),
  forward: (cx, c, _w, [x]) => pool(cx, "max", x!, c),
});
