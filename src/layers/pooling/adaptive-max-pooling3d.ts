/**
 * The largest number of windows that divide the input evenly, channel by channel; no weights.
 * x[B, D, H, W, C] → y[B, ...output_size, C], or channels first.
 * Source: keras/src/layers/pooling/adaptive_max_pooling3d.py, base_adaptive_pooling.py.
 */
import { layer } from "../define.ts";
import { poolable } from "../../ops/dtypes.ts";
import { adaptiveFields, adaptivePool } from "./shared/adaptive-pooling.ts";

export const adaptiveMaxPooling3d = layer({
  class: "AdaptiveMaxPooling3D",
  takes: ([x]) => poolable(x!, 3),
  config: adaptiveFields(3),
  forward: (cx, c, _w, [x]) => adaptivePool(cx, "max", x!, c),
});
