/**
 * The mean of each window, channel by channel; no weights.
 * x[B, D, H, W, C] → y[B, …, C], or channels first. Strides default to the pool size.
 * Source: keras/src/layers/pooling/average_pooling3d.py, base_pooling.py.
 */
import { layer } from "../define.ts";
import { pool, poolDialects, poolFields } from "./shared/pooling.ts";

export const averagePooling3d = layer({
  class: "AveragePooling3D",
  names: ["AvgPool3D"],
  config: poolFields(3),
  dialects: poolDialects(3, "average"),
  forward: (cx, c, _w, [x]) => pool(cx, "average", x!, c),
});
