/**
 * GlobalMaxPooling1D, 2D, 3D: the largest number over all places, channel by channel; no weights.
 * x[B, ...spatial, C] → y[B, C], or channels first; with keepdims the spatial axes stay, of length 1.
 * Source: keras/src/layers/pooling/base_global_pooling.py, global_max_pooling1d.py, global_max_pooling2d.py,
 * global_max_pooling3d.py.
 */
import { isFloat } from "../../core/dtype.ts";
import { layer } from "../define.ts";
import { numbersIn } from "../common/dtypes.ts";
import type { Rank } from "../common/spatial.ts";
import { globalAxes, globalPoolDialects, globalPoolOptions } from "./shared/pooling.ts";

const globalMaxPooling = (rank: Rank) =>
  layer({
    class: `GlobalMaxPooling${rank}D`,
    takes: numbersIn("tf-keras"),
    names: [`GlobalMaxPool${rank}D`],
    config: globalPoolOptions,
    dialects: globalPoolDialects(rank),
    forward(cx, c, _w, [x]) {
      // Over no places tf-keras gives -∞.
      const nothing = cx.semantics === "tf-keras" && isFloat(x!.dtype);
      return cx.op.cast(cx.op.max(x!, globalAxes(cx, c.data_format, x!, rank), c.keepdims, nothing), x!.dtype);
    },
  });

export const globalMaxPooling1d = globalMaxPooling(1);
export const globalMaxPooling2d = globalMaxPooling(2);
export const globalMaxPooling3d = globalMaxPooling(3);
