/**
 * AveragePooling1D, 2D, 3D: the mean of each window, channel by channel; no weights.
 * x[B, ...spatial, C] → y[B, ...spatial', C], or channels first. Strides default to the pool size.
 * Source: keras/src/layers/pooling/base_pooling.py, average_pooling1d.py, average_pooling2d.py, average_pooling3d.py.
 */
import { layer } from "../define.ts";
import type { Rank } from "../common/spatial.ts";
import { pool, poolDialects, poolOptions, theanoPadding } from "./shared/pooling.ts";

const averagePooling = (rank: Rank) =>
  layer({
    class: `AveragePooling${rank}D`,
    names: [`AvgPool${rank}D`],
    config: poolOptions(rank),
    dialects: poolDialects(rank, "average"),
    writing: { padded: (c) => (c.padding === "theano_counted" ? c.pool_size.map(theanoPadding) : null) },
    forward: (cx, c, _w, [x]) => pool(cx, "average", x!, c),
  });

export const averagePooling1d = averagePooling(1);
export const averagePooling2d = averagePooling(2);
export const averagePooling3d = averagePooling(3);
