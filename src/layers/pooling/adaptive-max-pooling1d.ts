/**
 * The largest number of windows that divide the input evenly, channel by channel; no weights.
 * x[B, T, C] → y[B, ...output_size, C], or channels first.
 * Source: keras/src/layers/pooling/adaptive_max_pooling1d.py, base_adaptive_pooling.py.
 */
import { layer } from "../define.ts";
import { poolable } from "../../ops/dtypes.ts";
import { adaptiveFields, adaptivePool } from "./shared/adaptive-pooling.ts";

export const adaptiveMaxPooling1d = layer({
  class: "AdaptiveMaxPooling1D",
  takes: ([x]) => poolable(x!, 1),
  config: adaptiveFields(1),
  forward: (cx, c, _w, [x]) => adaptivePool(cx, "max", x!, c),
});
