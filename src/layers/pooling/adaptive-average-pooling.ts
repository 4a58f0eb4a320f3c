/**
 * AdaptiveAveragePooling1D, 2D, 3D: the mean of windows that divide the input evenly, channel by channel; no weights.
 * x[B, ...spatial, C] → y[B, ...output_size, C], or channels first.
 * Source: keras/src/layers/pooling/base_adaptive_pooling.py, adaptive_average_pooling1d.py, adaptive_average_pooling2d.py,
 * adaptive_average_pooling3d.py.
 */
import { layer } from "../define.ts";
import { floatsIn } from "../common/dtypes.ts";
import type { Rank } from "../common/spatial.ts";
import { adaptiveOptions, adaptivePool } from "../common/adaptive-pooling.ts";

const adaptiveAveragePooling = (rank: Rank) =>
  layer({
    class: `AdaptiveAveragePooling${rank}D`,
    takes: floatsIn("keras3"),
    config: adaptiveOptions(rank),
    forward: (cx, c, _w, [x]) => adaptivePool(cx, "mean", x!, c),
  });

export const adaptiveAveragePooling1d = adaptiveAveragePooling(1);
export const adaptiveAveragePooling2d = adaptiveAveragePooling(2);
export const adaptiveAveragePooling3d = adaptiveAveragePooling(3);
