/**
 * The mean of each window, channel by channel; no weights.
 * x[B, H, W, C] → y[B, …, C], or channels first. Strides default to the pool size.
 * Source: keras/src/layers/pooling/average_pooling2d.py, base_pooling.py.
 */
import { layer } from "../define.ts";
import { pool, poolDialects, poolFields } from "./shared/pooling.ts";

export const averagePooling2d = layer({
  class: "AveragePooling2D",
  names: ["AvgPool2D"],
  config: poolFields(2),
  dialects: poolDialects(2, "average"),
  forward: (cx, c, _w, [x]) => pool(cx, "average", x!, c),
});
