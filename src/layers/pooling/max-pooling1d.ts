/**
 * The largest number of each window, channel by channel; no weights.
 * x[B, T, C] → y[B, …, C], or channels first. Strides default to the pool size.
 * Source: keras/src/layers/pooling/max_pooling1d.py, base_pooling.py.
 */
import { layer } from "../define.ts";
import { pool, poolDialects, poolFields } from "./shared/pooling.ts";

export const maxPooling1d = layer({
  class: "MaxPooling1D",
  names: ["MaxPool1D"],
  config: poolFields(1),
  dialects: poolDialects(1, "max"),
  forward: (cx, c, _w, [x]) => pool(cx, "max", x!, c),
});
