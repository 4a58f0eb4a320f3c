/**
 * The largest number over all places, channel by channel; no weights.
 * x[B, D, H, W, C] → y[B, C], or channels first; with keepdims the spatial axes stay, of length 1.
 * Source: keras/src/layers/pooling/global_max_pooling3d.py, base_global_pooling.py.
 */
import { layer } from "../define.ts";
import { numbersIn } from "../common/dtypes.ts";
import { needRank } from "../common/checks.ts";
import { globalPoolDialects, globalPoolFields } from "./shared/pooling.ts";
import { spatialAxes } from "../common/spatial.ts";

export const globalMaxPooling3d = layer({
  class: "GlobalMaxPooling3D",
  takes: numbersIn("tf-keras"),
  names: ["GlobalMaxPool3D"],
  config: globalPoolFields,
  dialects: globalPoolDialects(3),
  forward(cx, c, _w, [x]) {
    needRank(x!, 5);
    return cx.op.cast(cx.op.max(x!, spatialAxes(c.data_format, 5), c.keepdims), x!.dtype);
  },
});
