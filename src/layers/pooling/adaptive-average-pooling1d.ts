/**
 * The mean of windows that divide the input evenly, channel by channel; no weights.
 * x[B, T, C] → y[B, ...output_size, C], or channels first.
 * Source: keras/src/layers/pooling/adaptive_average_pooling1d.py, base_adaptive_pooling.py.
 */
import { layer } from "../define.ts";
import { floatsIn } from "../common/dtypes.ts";
import { adaptiveFields, adaptivePool } from "./shared/adaptive-pooling.ts";

export const adaptiveAveragePooling1d = layer({
  class: "AdaptiveAveragePooling1D",
  takes: floatsIn("keras3"),
  config: adaptiveFields(1),
  forward: (cx, c, _w, [x]) => adaptivePool(cx, "mean", x!, c),
});
