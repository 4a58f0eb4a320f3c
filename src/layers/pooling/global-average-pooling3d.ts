/**
 * The mean over all places, channel by channel; no weights.
 * x[B, D, H, W, C] → y[B, C], or channels first; with keepdims the spatial axes stay, of length 1.
 * Source: keras/src/layers/pooling/global_average_pooling3d.py, base_global_pooling.py.
 */
import { layer } from "../define.ts";
import { floatsIn } from "../common/dtypes.ts";
import { needRank } from "../common/checks.ts";
import { globalPoolDialects, globalPoolFields } from "./shared/pooling.ts";
import { spatialAxes } from "../common/spatial.ts";

export const globalAveragePooling3d = layer({
  class: "GlobalAveragePooling3D",
  takes: floatsIn("tf-keras"),
  names: ["GlobalAvgPool3D"],
  config: globalPoolFields,
  dialects: globalPoolDialects(3),
  forward(cx, c, _w, [x]) {
    needRank(x!, 5);
    return cx.op.mean(x!, spatialAxes(c.data_format, 5), c.keepdims);
  },
});
