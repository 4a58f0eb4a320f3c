/**
 * GlobalMaxPooling1D, 2D, 3D: the largest number over all places, channel by channel; no weights.
 * x[B, ...spatial, C] → y[B, C], or channels first; with keepdims the spatial axes stay, of length 1.
 * Source: keras/src/layers/pooling/base_global_pooling.py, global_max_pooling1d.py, global_max_pooling2d.py,
 * global_max_pooling3d.py.
 */
import { layer } from "../define.ts";
import { needRank } from "../common/checks.ts";
import { numbersIn } from "../common/dtypes.ts";
import { type Rank, spatialAxes } from "../common/spatial.ts";
import { globalPoolDialects, globalPoolOptions } from "./shared/pooling.ts";

const globalMaxPooling = (rank: Rank) =>
  layer({
    class: `GlobalMaxPooling${rank}D`,
    takes: numbersIn("tf-keras"),
    names: [`GlobalMaxPool${rank}D`],
    config: globalPoolOptions,
    dialects: globalPoolDialects(rank),
    forward(cx, c, _w, [x]) {
      needRank(x!, rank + 2);
      return cx.op.cast(cx.op.max(x!, spatialAxes(c.data_format, rank + 2), c.keepdims), x!.dtype);
    },
  });

export const globalMaxPooling1d = globalMaxPooling(1);
export const globalMaxPooling2d = globalMaxPooling(2);
export const globalMaxPooling3d = globalMaxPooling(3);
