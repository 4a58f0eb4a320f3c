/**
 * The largest number of windows that divide the input evenly, channel by channel; no weights.
 * x[B, H, W, C] → y[B, ...output_size, C], or channels first.
 * Source: keras/src/layers/pooling/adaptive_max_pooling2d.py, base_adaptive_pooling.py.
 */
import { layer } from "../define.ts";
import { poolable } from "../../ops/dtypes.ts";
import { adaptiveFields, adaptivePool } from "./shared/adaptive-pooling.ts";

export const adaptiveMaxPooling2d = layer({
  class: "AdaptiveMaxPooling2D",
  takes: ([x]) => poolable(x!, 2),
  config: adaptiveFields(2),
  forward: (cx, c, _w, [x]) => adaptivePool(cx, "max", x!, c),
});
