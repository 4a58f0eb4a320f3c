/**
 * The mean of each window, channel by channel; no weights.
 * x[B, T, C] → y[B, …, C], or channels first. Strides default to the pool size.
 * Source: keras/src/layers/pooling/average_pooling1d.py, base_pooling.py.
 */
import { layer } from "../define.ts";
import { pool, poolDialects, poolFields } from "./shared/pooling.ts";

export const averagePooling1d = layer({
  class: "AveragePooling1D",
  names: ["AvgPool1D"],
  config: poolFields(1),
  dialects: poolDialects(1, "average"),
  forward: (cx, c, _w, [x]) => pool(cx, "average", x!, c),
});
