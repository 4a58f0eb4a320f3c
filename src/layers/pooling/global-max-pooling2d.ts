/**
 * The largest number over all places, channel by channel; no weights.
 * x[B, H, W, C] → y[B, C], or channels first; with keepdims the spatial axes stay, of length 1.
 * Source: keras/src/layers/pooling/global_max_pooling2d.py, base_global_pooling.py.
 */
import { layer } from "../define.ts";
import { numbersIn } from "../common/dtypes.ts";
import { needRank } from "../common/checks.ts";
import { globalPoolDialects, globalPoolFields } from "./shared/pooling.ts";
import { spatialAxes } from "../common/spatial.ts";

export const globalMaxPooling2d = layer({
  class: "GlobalMaxPooling2D",
  takes: numbersIn("tf-keras"),
  names: ["GlobalMaxPool2D"],
  config: globalPoolFields,
  dialects: globalPoolDialects(2),
  forward(cx, c, _w, [x]) {
    needRank(x!, 4);
    return cx.op.cast(cx.op.max(x!, spatialAxes(c.data_format, 4), c.keepdims), x!.dtype);
  },
});
