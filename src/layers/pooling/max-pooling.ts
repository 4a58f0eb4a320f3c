/**
 * MaxPooling1D, 2D, 3D: the largest number of each window, channel by channel; no weights.
 * x[B, ...spatial, C] → y[B, ...spatial', C], or channels first. Strides default to the pool size.
 * Source: keras/src/layers/pooling/base_pooling.py, max_pooling1d.py, max_pooling2d.py, max_pooling3d.py.
 */
import { layer } from "../define.ts";
import type { Rank } from "../common/spatial.ts";
import { pool, poolDialects, poolOptions } from "./shared/pooling.ts";

const maxPooling = (rank: Rank) =>
  layer({
    class: `MaxPooling${rank}D`,
    names: [`MaxPool${rank}D`],
    config: poolOptions(rank),
    dialects: poolDialects(rank, "max"),
    forward: (cx, c, _w, [x]) => pool(cx, "max", x!, c),
  });

export const maxPooling1d = maxPooling(1);
export const maxPooling2d = maxPooling(2);
export const maxPooling3d = maxPooling(3);
