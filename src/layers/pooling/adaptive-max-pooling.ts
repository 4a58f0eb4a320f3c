/**
 * AdaptiveMaxPooling1D, 2D, 3D: the largest number of windows that divide the input evenly, channel by channel; no weights.
 * x[B, ...spatial, C] → y[B, ...output_size, C], or channels first.
 * Source: keras/src/layers/pooling/base_adaptive_pooling.py, adaptive_max_pooling1d.py, adaptive_max_pooling2d.py,
 * adaptive_max_pooling3d.py.
 */
import { poolable } from "../../ops/dtypes.ts";
import { layer } from "../define.ts";
import type { Rank } from "../common/spatial.ts";
import { adaptiveOptions, adaptivePool } from "../common/adaptive-pooling.ts";

const adaptiveMaxPooling = (rank: Rank) =>
  layer({
    class: `AdaptiveMaxPooling${rank}D`,
    takes: ([x]) => poolable(x!, rank),
    config: adaptiveOptions(rank),
    forward: (cx, c, _w, [x]) => adaptivePool(cx, "max", x!, c),
  });

export const adaptiveMaxPooling1d = adaptiveMaxPooling(1);
export const adaptiveMaxPooling2d = adaptiveMaxPooling(2);
export const adaptiveMaxPooling3d = adaptiveMaxPooling(3);
