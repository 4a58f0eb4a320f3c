/**
 * The largest number of each window, channel by channel; no weights.
 * x[B, H, W, C] → y[B, …, C], or channels first. Strides default to the pool size.
 * Source: keras/src/layers/pooling/max_pooling2d.py, base_pooling.py.
 */
import { layer } from "../define.ts";
import { pool, poolDialects, poolFields } from "./shared/pooling.ts";

export const maxPooling2d = layer({
  class: "MaxPooling2D",
  names: ["MaxPool2D"],
  config: poolFields(2),
  dialects: poolDialects(2, "max"),
  forward: (cx, c, _w, [x]) => pool(cx, "max", x!, c),
});
